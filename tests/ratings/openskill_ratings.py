"""Rates games with PyPI openskill: one JSON object a line in, one list of [mu, sigma] a line out. Floats are written so that they read back as the same bits."""
import json, sys
from openskill.models import PlackettLuce

for line in sys.stdin:
    game = json.loads(line)
    model = PlackettLuce(beta=game["beta"], tau=game["tau"])
    teams = [[model.rating(mu=mu, sigma=sigma)] for mu, sigma in game["players"]]
    rated = model.rate(teams, ranks=[float(rank) for rank in game["ranks"]])
    print(json.dumps([[team[0].mu, team[0].sigma] for team in rated]), flush=True)
