"""problem_of.py KERNEL.kgen KEY=JSON...: the artefact's problem, with these facts of its captures."""
import json
import sys

KEY = b'"problem":'
with open(sys.argv[1], "rb") as file:
    artefact = file.read()
text = artefact[artefact.index(KEY) + len(KEY):].decode("latin-1")
problem, _ = json.JSONDecoder().raw_decode(text)
for capture in problem["captures"]:
    for fact in sys.argv[2:]:
        key, value = fact.split("=")
        capture[key] = json.loads(value)
print(json.dumps(problem))
