# ruff: noqa: RUF001  (marks that look alike are what this is about)
"""Where a text says a day, a month or a time of the day."""

import re
from bisect import bisect_left
from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from functools import cached_property
from typing import Final

from langchain_nuextract.grounding.date_mentions import mentions
from langchain_nuextract.grounding.days_in_figures import ONE_OR_TWO, Mention, span_of
from langchain_nuextract.grounding.evidence import Match, Pieces
from langchain_nuextract.scalars.dates import LONGEST
from langchain_nuextract.scalars.locale import conventions_of

_DAY_ALONE: Final = re.compile(
    rf"({ONE_OR_TWO})(?:st|nd|rd|th|er|:e)\b|({ONE_OR_TWO})\s?[日号號일]|"
    rf"\b(?:am|den|der|dem|vom|zum|bis|le|du|au|el|al|día|dia|il|op|de|d\.|dne|dnia|den|van|от|до|на|с|по)\s({ONE_OR_TWO})\b",
    re.IGNORECASE,
)
_AFTER_WORD: Final = 3
_MOST_STRETCHES: Final = 4
"""Stretches of a text that are read around years; once it takes more, all of its days are read together."""
_BEFORE_YEAR, _BEHIND_YEAR = 120, 40
"""Characters around the last figures of a year in which its day and month stand."""
_MONTHS: Final = 12
_DAYS: Final = 31
_HOURS: Final = 24
_MINUTES: Final = 60
_ROW: Final = re.compile(rf"^[\s|]*({ONE_OR_TWO})(?=[\s|.;])", re.MULTILINE)
_UNMARKED: Final = re.compile(r"\d(?<!\d\d)(?:\d{7}|\d{3} \d\d \d\d|\d \d\d \d{4})(?!\d)")
_LONE_YEAR: Final = re.compile(r"(?:19|20)(?<!\d\d\d)\d\d(?!\d)")
_CLOCK: Final = re.compile(
    r"(?:(午前|上午|오전)|(午後|下午|오후))?\s?(\d(?<!\d\d)\d?)(?:\s?[:：h時时点點시]\s?(?:(\d\d)(?!\d)\s?[분分]?)?"
    r"(?:\s?:(\d\d)(?!\d))?|\.(\d\d)(?=\s?(?:uhr|hrs|h)\b))?(?:\s?([ap])\.?m\b\.?)?",
    re.IGNORECASE,
)
_ISO: Final = re.compile(
    r"(\d{4})-(\d\d)(?:-(\d\d)(?:[T ](\d\d):(\d\d)(?::(\d\d))?(?:[.,]\d+)?(?:Z|[+-]\d\d:?\d\d)?)?)?"
)
_ISO_TIME: Final = re.compile(r"(\d\d):(\d\d)(?::(\d\d))?(?:[.,]\d+)?(?:Z|[+-]\d\d:?\d\d)?")


class DateIndex:
    """Finds days and times of the day in one text."""

    def __init__(self, text: str) -> None:
        """Look at nothing yet: most documents are asked for no day."""
        self._text = text
        self._stretches = 0

    def days(self) -> Iterator[tuple[int, int, int]]:
        """Yield each year, month and day that the text speaks of; 0 for what it does not say."""
        yield from ((each.year, each.month, each.day) for each in self._mentions)
        yield from (each for each in self._unmarked if 0 < each[1] <= _MONTHS and 0 < each[2] <= _DAYS)

    def times(self) -> Iterator[tuple[int, ...]]:
        """Yield the hour, minute and second of each time of the day."""
        return (each for each in self._clocks if each[0] < _HOURS and max(each[1:]) < _MINUTES)

    def find(self, value: str) -> tuple[Sequence[Pieces], Match] | None:
        """Find a day, month or time that is written by ISO 8601, in the order of the text.

        Returns:
            The places, none if the text does not say it, and whether it is said whole; None if the value is no such
            thing.
        """
        match = _ISO.fullmatch(value)
        if not match:
            clock = _ISO_TIME.fullmatch(value)
            return (self._clocks.get(_numbers(clock), ()), "date") if clock else None
        year, month, day, *clock = map(int, match.groups("0"))
        near: Sequence[Pieces] = ()
        # Years of eras and in Chinese figures have other figures; in ASCII, each form of a year has its last two.
        if self._text.isascii():
            figures = f"{year % 100:02}"
            first = self._text.find(figures)
            if first < 0 and year:
                return (), "date"
            near = self._near_year((year, month, day), figures, first)
        whole = near or self._places.get((year, month, day, True), ())
        partly = self._partly(year, month, day) if day and not whole else ()
        days = (
            whole
            or partly
            or self._places.get((year, month, day, False), ())
            or self._unmarked.get((year, month, day), ())
        )
        # Midnight is what is filled in where no time is said.
        if any(clock):
            # Each day gets the nearest place of the time; without one, the moment is not said.
            clocks = self._clocks.get((clock[0], clock[1], clock[2]), ())
            days = [(*day, *min(clocks, key=lambda each: abs(each[0].start - day[0].start))) for day in days if clocks]
        return days, "partial" if partly else "date"

    def find_written(self, value: str) -> tuple[Sequence[Pieces], Match] | None:
        """Find a day that a value has in a form of its own, `3 May 2024`, in any other; see `find`."""
        if len(value) > LONGEST:
            return None
        read = mentions(value, lambda: conventions_of(value).day_first)
        said = [each for each in read if each.year and each.is_sure and each.place[0] == (0, len(value))]
        days = {each[:3] for each in said}
        if len(days) != 1:
            return None
        ((year, month, day),) = days
        return self.find(f"{year:04}-{month:02}-{day:02}" if day else f"{year:04}-{month:02}")

    def _near_year(self, day: tuple[int, int, int], figures: str, at: int) -> Sequence[Pieces]:
        """Find a day where the last two figures of its year stand: `26` of 1 March 2026; none if they stand often."""
        text = self._text
        hits: list[int] = []
        found: set[Pieces] = set()
        while at >= 0:
            if self._stretches == _MOST_STRETCHES:
                return ()
            self._stretches += 1
            hits.append(at)
            after = text.find(figures, at + 1)
            # What stands near each other is read once: `Invoice 2026-00417 of 1 March 2026`.
            if after < 0 or after - _BEFORE_YEAR > at + _BEHIND_YEAR:
                start, end = max(0, hits[0] - _BEFORE_YEAR), at + _BEHIND_YEAR
                for each in mentions(text, lambda: self._day_first, start, end):
                    if each.is_sure and each[:3] == day and _has_any(each.place, hits):
                        found.add(each.place)
                hits = []
            at = after
        return sorted(found)

    def _partly(self, year: int, month: int, day: int) -> Sequence[Pieces]:
        """Find a day whose year stands elsewhere, or month and year too."""
        said = self._places.get((0, month, day, True), ())
        # A day without a year can belong to that of the first date, or of the nearest two.
        if found := [
            place
            for place in said
            if year in ({each for each, _ in self._months_near(place[0].start)} or self._lone_years)
        ]:
            return found
        if found := [place for place in self._lone_days[day] if (year, month) in self._months_near(place[0].start)]:
            return found
        headings = self._places.get((year, month, 0, True), ())
        # `May 2024` is all that is said of a first of May.
        return (self._rows[day] or (headings if day == 1 else ())) if headings else ()

    def _months_near(self, at: int) -> Collection[tuple[int, int]]:
        dated, after = self._dated, bisect_left(self._dated, (at,))
        return {each[1:] for each in (*dated[:1], *dated[max(0, after - 1) : after + 1])}

    @cached_property
    def _mentions(self) -> Sequence[Mention]:
        return mentions(self._text, lambda: self._day_first)

    @cached_property
    def _day_first(self) -> bool | None:
        return conventions_of(self._text).day_first

    @cached_property
    def _places(self) -> Mapping[tuple[int, int, int, bool], Sequence[Pieces]]:
        found: defaultdict[tuple[int, int, int, bool], list[Pieces]] = defaultdict(list)
        for year, month, day, place, is_sure in self._mentions:
            found[year, month, day, is_sure].append(place)
        return dict(found)

    @cached_property
    def _dated(self) -> Sequence[tuple[int, int, int]]:
        """Where each month of a year is said, the year and the month."""
        return [(each.place[0].start, each.year, each.month) for each in self._mentions if each.year and each.is_sure]

    @cached_property
    def _lone_years(self) -> Collection[int]:
        return {int(match[0]) for match in _LONE_YEAR.finditer(self._text)}

    @cached_property
    def _lone_days(self) -> defaultdict[int, list[Pieces]]:
        return _by_day(_DAY_ALONE, self._text)

    @cached_property
    def _rows(self) -> defaultdict[int, list[Pieces]]:
        return _by_day(_ROW, self._text)

    @cached_property
    def _unmarked(self) -> Mapping[tuple[int, int, int], Sequence[Pieces]]:
        """Figures without marks, of which no other form tells: `20240503`, `03 05 2024`, `PR-20240503-7`."""
        found: defaultdict[tuple[int, int, int], list[Pieces]] = defaultdict(list)
        for match in _UNMARKED.finditer(self._text):
            # Both may be days: 20121112 is of 2012, and of 1112 if its day comes first.
            figures = "".join(match[0].split())
            for year, month, day in (
                (figures[:4], figures[4:6], figures[6:]),
                (figures[4:], figures[2:4], figures[:2]),
            ):
                found[int(year), int(month), int(day)].append((span_of(match),))
        return found

    @cached_property
    def _clocks(self) -> Mapping[tuple[int, ...], Sequence[Pieces]]:
        found: defaultdict[tuple[int, ...], list[Pieces]] = defaultdict(list)
        for match in _CLOCK.finditer(self._text):
            morning, evening, hour, minute, second, after_point, half = match.groups()
            # A number alone is no time: it needs minutes, a word or half of the day.
            if len(match[0].strip()) == len(hour):
                continue
            is_evening = evening or half in {"p", "P"}
            of_day = int(hour) % 12 + 12 * bool(is_evening) if is_evening or morning or half else int(hour)
            found[of_day, int(minute or after_point or 0), int(second or 0)].append((span_of(match),))
        return found


def _by_day(pattern: re.Pattern[str], text: str) -> defaultdict[int, list[Pieces]]:
    found: defaultdict[int, list[Pieces]] = defaultdict(list)
    for match in pattern.finditer(text):
        group = match.lastindex or 0
        found[int(match[group])].append((span_of(match, 0 if group < _AFTER_WORD else group),))
    return found


def _has_any(place: Pieces, hits: Sequence[int]) -> bool:
    return any(start <= at < end for start, end in place for at in hits)


def _numbers(match: re.Match[str]) -> tuple[int, ...]:
    return tuple(map(int, match.groups("0")))
