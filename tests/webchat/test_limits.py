from webchat.limits import Bucket, Buckets


class Clock:
    now = 0.0

    def __call__(self):
        return self.now


def test_a_bucket_fills_again_with_time():
    clock = Clock()
    bucket = Bucket(2, 1, clock)
    assert [bucket.take() for _ in range(3)] == [True, True, False]
    clock.now += 1
    assert [bucket.take() for _ in range(2)] == [True, False]
    clock.now += 100
    assert [bucket.take() for _ in range(3)] == [True, True, False]


def test_everybody_has_a_bucket_of_their_own():
    buckets = Buckets(1, 0.1, clock=Clock())
    assert [buckets.take(who) for who in "aabb"] == [True, False, True, False]


def test_those_who_were_away_longest_are_forgotten_first():
    buckets = Buckets(1, 0.1, most=2, clock=Clock())
    assert [buckets.take(who) for who in "abac"] == [True, True, False, True]
    assert (buckets.take("a"), buckets.take("b")) == (False, True)
