# SPDX-License-Identifier: BSD-3-Clause
# Every function, operator and kind of value of the host's module `mpi`; run by
# driver.bats under the host with 3 ranks. Says "mpi module: N checks" on rank 0.
import sys
import threading

import mpi

R, N = mpi.rank, mpi.size
BIG = 1 << 80
checks = 0


def equal(got, expected, what):
    global checks
    checks += 1
    if got != expected or type(got) is not type(expected):
        raise AssertionError("rank %d: %s: got %r, expected %r" % (R, what, got, expected))


def raises(exception, text, function, *args, **kwargs):
    global checks
    checks += 1
    try:
        result = function(*args, **kwargs)
    except exception as error:
        if text not in str(error):
            raise AssertionError("rank %d: '%s' does not say '%s'" % (R, error, text)) from error
        return
    raise AssertionError("rank %d: %s%r gave %r, expected %s" % (R, function, args, result, exception))


def both(value, op, expected):
    """allreduce on all ranks, reduce on each root in turn."""
    equal(mpi.allreduce(value, op), expected, "allreduce %s" % op)
    for root in range(N):
        equal(mpi.reduce(value, op, root), expected if R == root else None, "reduce %s" % op)


class Unpicklable:
    def __reduce__(self):
        raise ValueError("does not pickle")


def attributes():
    equal(N, 3, "size")
    equal(mpi.procs, N, "procs")
    equal(bool(mpi.name), True, "name")
    equal(isinstance(mpi.wtime(), float), True, "wtime")
    equal(mpi.wtime() <= mpi.wtime(), True, "wtime order")
    equal(issubclass(mpi.Error, RuntimeError), True, "Error")


def native_reductions():
    both(R + 1, mpi.SUM, 6)
    both(R + 2, mpi.PROD, 24)
    both(R - 1, mpi.MIN, -1)
    both(R - 1, mpi.MAX, 1)
    both(R, mpi.LAND, False)
    both(R, mpi.LOR, True)
    both(1, mpi.LXOR, True)
    both(7 - (1 << R), mpi.BAND, 0)
    both(1 << R, mpi.BOR, 7)
    both(1 << R, mpi.BXOR, 7)
    both(R + 0.5, mpi.SUM, 4.5)
    both(R + 0.5, mpi.MAX, 2.5)
    both(R + 0.5, mpi.MIN, 0.5)
    both(2.0, mpi.PROD, 8.0)
    both(float(R), mpi.LOR, True)
    both(float(R), mpi.LAND, False)
    both([R, 10 * R, -R], mpi.SUM, [3, 30, -3])
    both((R, 5), mpi.MAX, (2, 5))
    both([R * 0.5, 1.0], mpi.SUM, [1.5, 3.0])
    both((1.0, R - 0.5), mpi.MIN, (1.0, -0.5))
    both([R, 1, 0], mpi.LAND, [False, True, False])
    both((R, 0.0), mpi.LOR, (True, False))
    both([], mpi.SUM, [])
    both(True, mpi.SUM, 3)
    both(-(1 << 63), mpi.MIN, -(1 << 63))
    both((1 << 63) - 1 - R, mpi.MAX, (1 << 63) - 1)
    equal(mpi.gather([R]), [[0], [1], [2]] if R == 0 else None, "gather")
    equal("pickle" in sys.modules, False, "native values need no pickle")


def python_reductions():
    both((1 << 63) - 1, mpi.SUM, 3 * ((1 << 63) - 1))
    both(-(1 << 63), mpi.SUM, -3 * (1 << 63))
    both(1 << 40, mpi.PROD, 1 << 120)
    both([1 << 62, R], mpi.SUM, [3 << 62, 3])
    both((1 << 62, R), mpi.PROD, (1 << 186, 0))
    both(BIG + R, mpi.SUM, 3 * BIG + 3)
    both(BIG + R, mpi.MAX, BIG + 2)
    both(BIG + R, mpi.MIN, BIG)
    both(BIG, mpi.BOR, BIG)
    both(BIG if R == 1 else 1, mpi.SUM, BIG + 2)
    both(0.5 if R == 1 else 1, mpi.SUM, 2.5)
    both([0.5, 1] if R == 1 else [1, BIG], mpi.SUM, [2.5, 2 * BIG + 1])
    both("abc"[R], mpi.SUM, "abc")
    both("abc"[R], mpi.MAX, "c")
    both("abc"[R], mpi.MIN, "a")
    both(["a", R], mpi.SUM, ["a", 0, "a", 1, "a", 2])
    both({R}, mpi.BOR, {0, 1, 2})
    both({R, 9}, mpi.BAND, {9})
    both(complex(R, 1), mpi.SUM, 3 + 3j)
    both("" if R else "x", mpi.LAND, False)
    both("" if R else "x", mpi.LOR, True)
    both(b"xyz"[R : R + 1], mpi.SUM, b"xyz")
    # The shape of the result is the caller's own.
    equal(mpi.allreduce((1, R) if R else [1, R]), (3, 3) if R else [3, 3], "list and tuple")


def movement():
    values = [None, True, 5, -(1 << 63), BIG, 1.5, "text", "", b"\0\1", [], (), [1, 2], (1.5, 2.5), [1, 1.5],
              [True, 1], {"a": [1]}, list(range(100000)), "x" * 1000000]
    for value in values:
        for root in range(N):
            equal(mpi.bcast(value if R == root else None, root), value, "bcast")
    for value in values:
        got = mpi.gather(value, 1)
        equal(got, [value] * N if R == 1 else None, "gather")
        if R == 1:
            equal([type(v) for v in got], [type(value)] * N, "gather types")
    equal(mpi.gather([R] * R), [[], [1], [2, 2]] if R == 0 else None, "gather of different lengths")
    equal(mpi.gather(("s", 1, 1.5)[R], 2), ["s", 1, 1.5] if R == 2 else None, "gather of different types")
    equal(mpi.scatter([10, "b", [1.5, 2.5]] if R == 0 else None), (10, "b", [1.5, 2.5])[R], "scatter")
    equal(mpi.scatter(range(N) if R == 2 else None, root=2), R, "scatter from 2")
    mpi.barrier()


def messages():
    right, left = (R + 1) % N, (R - 1) % N
    for value in (R, R + 0.5, [R] * 3, (R + 0.5,), "r%d" % R, BIG + R, None, True, [R, "x"], [R] * 200000):
        kind = type(value)
        got, status = mpi.sendrecv(value, right, left, 7, 7)
        equal(type(got), kind, "sendrecv type")
        equal((status.source, status.tag), (left, 7), "sendrecv status")
    if R == 0:
        seen = {}
        for _ in range(2 * (N - 1)):
            value, status = mpi.recv()
            equal(value, (status.source, status.tag), "recv any")
            seen[status.source] = seen.get(status.source, []) + [status.tag]
        equal(seen, {1: [3, 4], 2: [3, 4]}, "order of messages")
        mpi.barrier()
        # By tag and by source, against the order in which they were sent.
        equal(mpi.recv(2, 6)[0], "second", "recv by tag")
        equal(mpi.recv(source=2, tag=5)[0], "first", "recv by tag, the earlier one")
        equal(mpi.recv(tag=5)[1].source, 1, "recv by tag from any")
    else:
        mpi.send((R, 3), 0, 3)
        mpi.send((R, 4), 0, tag=4)
        mpi.barrier()
        mpi.send("first", dest=0, tag=5)
        if R == 2:
            mpi.send("second", 0, 6)
    mpi.barrier()


def thread_during_recv():
    """A blocked recv holds no GIL: another thread of the rank sends to it."""
    thread = threading.Timer(0.05, mpi.send, (R, R, 9))
    thread.start()
    equal(mpi.recv(R, 9)[0], R, "recv from own thread")
    thread.join()


def errors():
    raises(ValueError, "dest 3", mpi.send, 1, N)
    raises(ValueError, "dest -1", mpi.send, 1, -1)
    raises(ValueError, "source 9", mpi.recv, 9)
    raises(ValueError, "tag -5", mpi.send, 1, 0, -5)
    raises(ValueError, "tag -5", mpi.recv, 0, -5)
    raises(TypeError, "", mpi.send)
    raises(ValueError, "does not pickle", mpi.send, Unpicklable(), 0)
    raises(ValueError, "unknown operator 'AVERAGE'", mpi.allreduce, 1, "AVERAGE")
    raises(ValueError, "root 3", mpi.reduce, 1, mpi.SUM, N)
    raises(ValueError, "root -1", mpi.bcast, 1, -1)
    raises(TypeError, "", mpi.allreduce, 1.5, mpi.BAND)
    raises(TypeError if R == 0 else mpi.Error, "" if R == 0 else "rank 0", mpi.reduce, 1.5, mpi.BAND)
    raises(TypeError, "", mpi.allreduce, "x" if R else 1)
    raises(TypeError, "", mpi.allreduce, [1, 2] if R else 1)
    raises(ValueError, "different lengths (1 to 3)", mpi.allreduce, [1] * (R + 1))
    raises(ValueError, "different lengths", mpi.reduce, [1.5] * (R + 1))
    # What happens on one rank is an exception on all.
    one = Unpicklable() if R == 1 else "x"
    for function in (mpi.gather, mpi.reduce, mpi.allreduce):
        raises(ValueError if R == 1 else mpi.Error, "does not pickle" if R == 1 else "rank 1", function, one)
    raises(ValueError if R == 1 else mpi.Error, "does not pickle" if R == 1 else "rank 1", mpi.bcast, one, 1)
    raises(ValueError if R == 0 else mpi.Error, "2 values for 3" if R == 0 else "rank 0", mpi.scatter, [1, 2])
    raises(TypeError if R == 0 else mpi.Error, "sequence" if R == 0 else "rank 0", mpi.scatter, 5)
    raises(mpi.Error, "same root", mpi.bcast, 1, 0 if R else 1)
    raises(mpi.Error, "same operator", mpi.allreduce, 1, mpi.MAX if R else mpi.MIN)
    raises(mpi.Error, "same function", mpi.gather if R else mpi.bcast, 1)
    raises(mpi.Error, "same function", *((mpi.barrier,) if R else (mpi.allreduce, 1)))
    # And the ranks are together afterwards.
    equal(mpi.allreduce(1), N, "after the errors")


def status_object():
    value, status = mpi.sendrecv("v", R, R)
    equal(tuple(status), (R, 0), "status as a tuple")
    equal("source" in repr(status), True, "status in words")
    equal(value, "v", "sent to itself")


for part in (attributes, native_reductions, python_reductions, movement, messages, thread_during_recv, errors,
             status_object):
    part()
total = mpi.reduce(checks)
if R == 0:
    print("mpi module: %d checks" % total)
    sys.stdout.flush()
