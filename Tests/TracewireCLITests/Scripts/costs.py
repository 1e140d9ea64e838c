#!/usr/bin/env python3
"""Costs of random calls by random prices, computed with decimal and without the program.

    costs.py make SEED DIRECTORY     writes events.ndjson and prices.toml there
    costs.py check DIRECTORY BY ROWS compares the JSON that the program gave, grouped by model, user, name or day

The rules are those of Sources/TracewireCLI/Cost/prices.toml and of `usage` in protocol/SPEC.md.
"""

import datetime
import json
import pathlib
import random
import sys
import uuid
from collections import defaultdict
from decimal import Decimal, getcontext

getcontext().prec = 60
DAY = 86_400_000
FIRST = datetime.date(2026, 1, 1)
DAYS = 20
MODELS = ["alpha", "alpha-2026", "alpha-mini", "alpha-mini-2026", "beta", "gamma", "나래", "unpriced"]
PATTERNS = ["alpha", "alpha*", "alpha-mini*", "alpha-*", "beta", "b*", "gamma", "나래"]
PROVIDERS = [None, "one", "Two"]


def milliseconds(day):
    return (day - datetime.date(1970, 1, 1)).days * DAY


def make(seed, directory):
    r = random.Random(seed)
    with open(directory / "prices.toml", "w", encoding="utf-8") as file:
        for price in prices(r):
            file.write("[[price]]\n")
            for key, value in price.items():
                if value is not None:
                    is_text = key in ("model", "provider", "currency")
                    file.write(f'{key} = "{value}"\n' if is_text else f"{key} = {value}\n")
    with open(directory / "events.ndjson", "w", encoding="utf-8") as file:
        for event in events(r):
            file.write(json.dumps(event, ensure_ascii=False) + "\n")


def prices(r):
    seen = set()
    for _ in range(r.randrange(10, 40)):
        pattern, provider = r.choice(PATTERNS), r.choice(PROVIDERS)
        start = r.choice([None, FIRST + datetime.timedelta(days=r.randrange(-5, DAYS))])
        if (pattern, provider, start) in seen:
            continue
        seen.add((pattern, provider, start))
        number = lambda: f"{r.randrange(0, 30)}.{r.randrange(10 ** 9):09d}"[: r.randrange(4, 13)].rstrip(".")
        yield {
            "model": pattern, "provider": provider, "currency": r.choice(["USD", "KRW"]), "input": number(),
            "cached_input": r.choice([None, number()]), "output": number(), "from": start,
        }


def events(r):
    start = milliseconds(FIRST)
    for user in ["kim", "박"]:
        yield {"event": "user", "username": user, "at_ms": start}
    for _ in range(40):
        workflow = str(uuid.UUID(int=r.getrandbits(128), version=4))
        event = {"event": "workflow.start", "workflow": workflow, "name": r.choice(["planner", "other"]), "at_ms": start}
        user = r.choice([None, "kim", "박"])
        yield {**event, "username": user} if user else event
        for _ in range(r.randrange(12)):
            call = {
                "event": "generation", "generation": str(uuid.UUID(int=r.getrandbits(128), version=4)), "workflow": workflow,
                "model_name": r.choice(MODELS), "model_provider": r.choice(PROVIDERS + ["three"]),
                "at_ms": start + r.choice([r.randrange(DAYS * DAY), r.randrange(DAYS) * DAY, r.randrange(1, DAYS) * DAY - 1]),
                "prompt_tokens": r.choice([None, r.randrange(10 ** 7)]), "completion_tokens": r.choice([None, r.randrange(10 ** 6)]),
                "total_tokens": r.choice([None, r.randrange(2 * 10 ** 7)]), "error_message": r.choice([None, None, "refused"]),
                "metadata": r.choice([None, {"cached_tokens": r.randrange(10 ** 7)}, {"usage": {"cache_read_input_tokens": 5}}, {"n": 1}]),
            }
            yield {key: value for key, value in call.items() if value is not None}


def read_prices(directory):
    """Each as a dictionary; by a library for TOML, where Python has one, and as `make` writes it."""
    text = (directory / "prices.toml").read_text(encoding="utf-8")
    rows = []
    for part in text.split("[[price]]\n")[1:]:
        row = dict(line.split(" = ", 1) for line in part.splitlines())
        rows.append({key: value.strip('"') for key, value in row.items()})
    try:
        import tomllib
    except ImportError:
        return rows
    parsed = tomllib.loads(text, parse_float=str).get("price", [])
    assert [{key: str(value) for key, value in row.items()} for row in parsed] == rows
    return rows


def fitting(prices, model, provider, day):
    """The price that holds; None if there is none, or no telling which."""
    found = []
    for price in prices:
        name = price["model"]
        fits = model.startswith(name[:-1]) if name.endswith("*") else model == name
        owner = price.get("provider")
        if provider is not None and owner is not None and owner.lower() != provider.lower():
            continue
        if fits and day >= datetime.date.fromisoformat(price.get("from", "0001-01-01")):
            found.append(price)
    exact = [price for price in found if not price["model"].endswith("*")]
    if exact:
        found = exact
    elif found:
        longest = max(len(price["model"].encode()) for price in found)
        found = [price for price in found if len(price["model"].encode()) == longest]
    with_owner = [price for price in found if "provider" in price]
    without = [price for price in found if "provider" not in price]
    found = (with_owner or without) if provider is not None else (without or with_owner)
    if len({price.get("provider", "").lower() for price in found}) != 1:
        return None
    return max(found, key=lambda price: price.get("from", "0001-01-01"))


def tokens(call):
    prompt, completion, total = (call.get(key) for key in ("prompt_tokens", "completion_tokens", "total_tokens"))
    if prompt is None and completion is not None and total is not None and completion <= total:
        prompt = total - completion
    elif completion is None and prompt is not None and total is not None and prompt <= total:
        completion = total - prompt
    metadata = call.get("metadata", {})
    cached = metadata.get("cached_tokens", metadata.get("usage", {}).get("cache_read_input_tokens", 0))
    uncached = prompt or 0
    if prompt is not None and cached <= prompt:
        uncached -= cached
    return uncached, cached, completion or 0, prompt is None or completion is None


def expected(directory, by):
    prices, workflows = read_prices(directory), {}
    rows = defaultdict(lambda: [0] * 6 + [Decimal(0)])
    for line in (directory / "events.ndjson").read_text(encoding="utf-8").splitlines():
        event = json.loads(line)
        if event["event"] == "workflow.start":
            workflows[event["workflow"]] = event
        if event["event"] != "generation":
            continue
        workflow = workflows[event["workflow"]]
        day = datetime.date(1970, 1, 1) + datetime.timedelta(days=event["at_ms"] // DAY)
        uncached, cached, completion, is_unknown = tokens(event)
        price = fitting(prices, event["model_name"], event.get("model_provider"), day)
        key = {
            "model": (event["model_name"], event.get("model_provider")), "user": (workflow.get("username"),),
            "name": (workflow["name"],), "day": (day.isoformat(),),
        }[by]
        row = rows[key + (price["currency"] if price else None,)]
        counts = [1, int(is_unknown), int(is_unknown and "error_message" in event), uncached, cached, completion]
        row[:6] = [one + other for one, other in zip(row, counts)]
        if price:
            rate = Decimal(price["input"]), Decimal(price.get("cached_input", price["input"])), Decimal(price["output"])
            row[6] += (uncached * rate[0] + cached * rate[1] + completion * rate[2]) / 1_000_000
    return rows


def check(directory, by, file):
    wanted = expected(directory, by)
    names = {"model": ["model_name", "model_provider"], "user": ["user"], "name": ["workflow_name"], "day": ["day"]}[by]
    counts = ["calls", "calls_without_tokens", "failed_without_tokens", "uncached_tokens", "cached_tokens", "completion_tokens"]
    given = {}
    for row in json.loads(pathlib.Path(file).read_text(encoding="utf-8")):
        key = tuple(row[name] for name in names) + (row["currency"],)
        assert key not in given, f"{key} is there twice"
        assert (row["cost"] is None) == (row["currency"] is None), row
        given[key] = [row[name] for name in counts] + [Decimal(row["cost"] or 0)]
    assert given.keys() == wanted.keys(), sorted(map(str, given.keys() ^ wanted.keys()))
    for key, row in wanted.items():
        assert given[key] == row, f"{key}: {given[key]}, not {row}"
    priced = sum(1 for key in wanted if key[-1])
    print(f"{len(wanted)} rows, {priced} with a price")


if __name__ == "__main__":
    if sys.argv[1] == "make":
        make(int(sys.argv[2]), pathlib.Path(sys.argv[3]))
    else:
        check(pathlib.Path(sys.argv[2]), sys.argv[3], sys.argv[4])
