#!/usr/bin/env python3
"""Measures the router: small executable tasks by the models on this machine, and policies over what came of them.

Without --run the tables are made of the outcomes that are in the repository, without any model. With it packages are
fetched by pip, the models are asked for what is not in the cache yet, and their code is run with a limit of time and
memory. What a model in the cloud would do is an assumption, and swept.
"""

import argparse
import signal
import sys
import time
from pathlib import Path

from router_mutants import MutantError
from router_packages import PackageError
from router_policies import MODELS, Prices
from router_report import report
from router_run import OUTCOMES, outcomes, run, save
from router_tasks import KINDS, load, mixed

from farthing import paths
from farthing.engine.models import store
from farthing.errors import FarthingError
from farthing.ledger import prices

LOCAL = ("qwen2.5-coder-0.5b", "qwen2.5-coder-1.5b")


class PriceError(Exception):
    """The price library does not know a model."""


def priced() -> Prices:
    """The prices of the named models, by the library.

    Raises:
        PriceError: it does not know one.
    """
    found = {tier: prices.lookup("anthropic", "", "cloud", model, 0) for tier, model in MODELS.items()}
    known = {tier: price for tier, price in found.items() if price is not None}
    if missing := set(found) - set(known):
        raise PriceError(f"the price of {MODELS[min(missing)]} is unknown")
    return known


def names(text: str) -> list[str]:
    """A list of the command line."""
    return [part.strip() for part in text.split(",") if part.strip()]


def arguments() -> argparse.ArgumentParser:
    """The command line."""
    parser = argparse.ArgumentParser(prog="scripts/bench router", description=__doc__)
    parser.add_argument("--run", action="store_true", help="ask the models for what is not in the cache yet")
    parser.add_argument("--judge", action="store_true", help="only judge again what is in the cache, without a model")
    parser.add_argument("--cache", type=Path, default=paths.cache_dir() / "router", help="for packages and answers")
    parser.add_argument("--models", type=names, default=list(LOCAL), metavar="A,B", help=f"default {','.join(LOCAL)}")
    parser.add_argument("--kinds", type=names, default=list(KINDS), metavar="A,B", help="only tasks of these kinds")
    parser.add_argument("--tasks", type=int, default=0, help="so many of them; 0 for all (default)")
    parser.add_argument("--threads", type=int, default=0, help="of the engine; 0 for its own choice (default)")
    parser.add_argument("--outcomes", type=Path, default=OUTCOMES, help="of what the tables are made")
    parser.add_argument("--policies", default=LOCAL[-1], metavar="MODEL", help=f"for policies (default {LOCAL[-1]})")
    return parser


def measure(options: argparse.Namespace) -> None:
    """Ask or judge, and write the outcomes.

    Raises:
        FarthingError: a model can't be asked.
        PackageError: a package can't be had.
        MutantError: a package is not the one that a task was made for.
    """
    tasks = [task for task in mixed(load()) if task.kind in options.kinds][: options.tasks or None]
    options.cache.mkdir(parents=True, exist_ok=True)
    models = [store.resolve(name).resolve() for name in options.models]
    began = time.monotonic()
    found = run(tasks, models, options.cache, options.judge, options.threads)
    save(found, options.outcomes)
    sys.stderr.write(f"{len(found)} outcomes in {time.monotonic() - began:.0f} s\n")


def main() -> int:
    """Measure, where that is asked for, and print."""
    parser = arguments()
    options = parser.parse_args()
    if unknown := set(options.kinds) - set(KINDS):
        parser.error(f"there are no tasks of the kind {min(unknown)}")
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # or the engine would be left behind
    try:
        if options.run or options.judge:
            measure(options)
        found = outcomes(options.outcomes)
        text = report(found, priced(), options.policies)
    except (FarthingError, PackageError, MutantError, PriceError, OSError) as exc:
        sys.stderr.write(f"bench: {exc}\n")
        return 1
    except KeyboardInterrupt:
        sys.stderr.write("bench: interrupted; what was said is kept in the cache\n")
        return 130
    print(f"{len({each.task for each in found})} tasks, {len(found)} outcomes\n\n{text}")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
