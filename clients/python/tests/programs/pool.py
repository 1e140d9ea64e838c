"""pool.py HOST:PORT SPOOL METHOD: workers of multiprocessing record, and end as multiprocessing ends them."""

import multiprocessing
import sys

import tracewire


def work(number):
    with tracewire.workflow(f"job {number}"), tracewire.node("n"):
        return number


def main():
    address, spool, method = sys.argv[1:]
    import os

    os.environ.update(TRACEWIRE_CONNECT=address, TRACEWIRE_SPOOL=spool)
    tracewire.client()
    context = multiprocessing.get_context(method)
    with context.Pool(3) as pool:
        assert sorted(pool.map(work, range(12), chunksize=1)) == list(range(12))
        pool.close()
        pool.join()
    with tracewire.workflow("parent"):
        pass
    process = context.Process(target=work, args=(99,))
    process.start()
    process.join()
    return 0 if process.exitcode == 0 else 1


if __name__ == "__main__":
    sys.exit(main())
