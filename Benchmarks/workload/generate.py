#!/usr/bin/env python3
"""Events of made-up workflows as NDJSON, the same for the same arguments on every machine.

The traffic is that of an assistant which plans an outing in Korean: eight nodes a workflow, about eight calls of
models, and the whole state after every node, so that a workflow is about 100 kB of which most repeats.

    generate.py --workflows 1000 --seed 1 > events.ndjson
"""

import argparse
import json
import random
import sys
import uuid

WORDS = "골목 전시 산책 커피 예약 창가 조명 야경 동선 도보 리뷰 메뉴 가격 음악 서점 공방 지하철 우천 대안 이동 시간 분위기".split()
AREAS = "망원 서촌 문래 부암 송정 광안리 양림 대흥".split()
MODELS = [("large-1", "north"), ("small-2", "north"), ("tiny-3", "south")]
NODES = [
    ("understand", "llm", 1),
    ("locate", "tool", 0),
    ("find_sights", "search", 1),
    ("find_meals", "search", 1),
    ("find_cafes", "search", 1),
    ("find_bars", "search", 1),
    ("arrange", "llm", 2),
    ("check", "llm", 1),
]
PROMPT = "당신은 나들이 계획을 돕는 조수입니다. 주어진 후보만 쓰고, 모르는 값은 null로 두며, 답은 JSON으로만 하세요. "


def compact(value):
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


class Generator:
    def __init__(self, seed, users, failure_rate):
        self.random = random.Random(seed)
        self.users = users
        self.failure_rate = failure_rate
        self.now = 1_750_000_000_000 + seed * 1_000_003

    def identifier(self):
        source = self.random
        low = source.getrandbits(12) << 64 | 0b10 << 62 | source.getrandbits(62)
        return str(uuid.UUID(int=(self.now & (1 << 48) - 1) << 80 | 7 << 76 | low))

    def words(self, count):
        return " ".join(self.random.choices(WORDS, k=count))

    def place(self, area):
        source = self.random
        return {
            "id": str(source.randrange(10**9)),
            "name": f"{area} {self.words(2)}",
            "address": f"{area}로 {source.randrange(1, 400)}",
            "x": round(source.uniform(126, 129), 6),
            "y": round(source.uniform(35, 38), 6),
            "rating": round(source.uniform(3, 5), 1),
            "reviews": source.randrange(5000),
            "url": f"https://place.example/{source.randrange(10**9)}",
            "summary": self.words(12),
        }

    def user_events(self):
        for index in range(self.users):
            name = f"guest{index:05d}"
            yield {"event": "user", "username": name, "email": f"{name}@mail.example", "at_ms": self.now}

    def generation(self, workflow, node, state):
        source = self.random
        self.now += source.randrange(200, 4000)
        model, provider = source.choice(MODELS)
        answer = {"reason": self.words(12), "choices": [{"rank": rank, "why": self.words(9)} for rank in range(4)]}
        prompt = state["request"] + "\n" + compact(state)[: source.randrange(1500, 5000)]
        failed = source.random() < self.failure_rate / 2
        prompt_tokens, completion_tokens = len(prompt) // 2, 0 if failed else source.randrange(50, 700)
        return {
            "event": "generation",
            "generation": self.identifier(),
            "workflow": workflow,
            "node": node,
            "model_name": model,
            "model_provider": provider,
            "system_prompt": PROMPT * 4,
            "user_prompt": prompt,
            "output": None if failed else compact(answer),
            "parsed_output": None if failed else answer,
            "temperature": source.choice([0.0, 0.3, 0.7]),
            "max_tokens": 1024,
            "prompt_tokens": prompt_tokens,
            "completion_tokens": completion_tokens,
            "total_tokens": prompt_tokens + completion_tokens,
            "latency_ms": source.randrange(150, 9000),
            "error_message": "the model is overloaded" if failed else None,
            "at_ms": self.now,
        }

    def node_end(self, base, name, state, failed):
        source = self.random
        self.now += source.randrange(3, 900)
        end = {**base, "status": "failed" if failed else "completed", "state_data": dict(state), "at_ms": self.now}
        if failed:
            end["error_message"] = f"{name}: the service answered 503"
            end["error_traceback"] = "\n".join(f'  File "outing/{name}.py", line {step * 7}' for step in range(1, 12))
        else:
            end["output_data"] = {"wrote": name, "count": source.randrange(16)}
        return {"event": "node.end", **end}

    def node_events(self, workflow, order, state, area, failed):
        name, kind, calls = NODES[order - 1]
        base = {"workflow": workflow, "node": self.identifier()}
        described = {"node_name": name, "node_type": kind, "execution_order": order}
        yield {"event": "node.pending", **base, **described, "at_ms": self.now}
        if name == "find_bars" and self.random.random() < 0.6:
            yield {"event": "node.skip", **base, "at_ms": self.now}
            return
        yield {"event": "node.start", **base, "input_data": {"after": list(state)[-1], "area": area}, "at_ms": self.now}
        for _ in range(calls + (self.random.random() < 0.3)):
            yield self.generation(workflow, base["node"], state)
        if kind == "search":
            state[name] = [self.place(area) for _ in range(self.random.randrange(6, 16))]
        else:
            state[name] = {"note": self.words(20), "steps": [self.words(6) for _ in range(5)]}
        yield self.node_end(base, name, state, failed)

    def workflow_events(self):
        source = self.random
        started, area = self.now, source.choice(AREAS)
        workflow, state = self.identifier(), {"request": f"{area}에서 보낼 하루를 계획해 줘. {self.words(8)}"}
        intent = {"area": area, "budget_krw": source.randrange(3, 20) * 10_000, "meal": source.choice(["점심", None])}
        yield {
            "event": "workflow.start",
            "workflow": workflow,
            "username": f"guest{source.randrange(self.users):05d}",
            "name": "outing",
            "user_input": state["request"],
            "input_type": "text",
            "time_settings": {"start": "11:00", "end": "21:30"},
            "date_theme": {"mood": [self.words(1), self.words(1)]},
            "search_radius": source.choice([500, 1000, 2000]),
            "at_ms": started,
        }
        broken = source.random() < self.failure_rate
        outcome = source.choice(["failed", "cancelled"]) if broken else "completed"
        last = source.randrange(1, len(NODES)) if broken else len(NODES)
        for order in range(1, last + 1):
            yield from self.node_events(workflow, order, state, area, order == last and outcome == "failed")
        end = {
            "event": "workflow.end",
            "workflow": workflow,
            "status": outcome,
            "user_intent": intent,
            "at_ms": self.now,
        }
        if outcome == "completed":
            end["final_itinerary"] = state["arrange"]
        yield end
        self.now = started + source.randrange(50, 4000)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--workflows", type=int, default=100)
    parser.add_argument("--users", type=int, default=100)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--failure-rate", type=float, default=0.08)
    arguments = parser.parse_args()
    generator = Generator(arguments.seed, arguments.users, arguments.failure_rate)
    groups = [generator.user_events()] + [generator.workflow_events() for _ in range(arguments.workflows)]
    for group in groups:
        for event in group:
            sys.stdout.write(compact(event) + "\n")


if __name__ == "__main__":
    main()
