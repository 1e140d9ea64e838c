"""Reads Prometheus' text from standard input with Prometheus' own parser, and writes each sample as a line of JSON: its name,
its labels, its value, and the type and help of its family.
"""
import json
import sys

from prometheus_client.parser import text_string_to_metric_families

for family in text_string_to_metric_families(sys.stdin.read()):
    for sample in family.samples:
        print(json.dumps({
            "name": sample.name, "labels": sample.labels, "value": sample.value, "type": family.type,
            "help": family.documentation,
        }))
