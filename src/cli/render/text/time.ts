const UNITS: readonly [string, number][] = [
  ['d', 86_400],
  ['h', 3600],
  ['min', 60],
];

/** `3 s`, `12 min`, `2 h`, `5 d`: the largest unit that is full. */
export function ageText(seconds: number): string {
  const unit = UNITS.find(([, size]) => seconds >= size);
  return unit === undefined
    ? `${Math.round(seconds)} s`
    : `${Math.floor(seconds / unit[1])} ${unit[0]}`;
}

/** What controllers and agents write has ISO times in it: whoever reads it has a zone. */
export function withLocalTimes(text: string): string {
  return text.replaceAll(/\b\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z/g, localTime);
}

/** An ISO time in the zone of who reads it: `2026-03-01 14:05:09`. */
export function localTime(iso: string): string {
  const time = new Date(iso);
  const two = (value: number): string => String(value).padStart(2, '0');
  const date = [time.getFullYear(), two(time.getMonth() + 1), two(time.getDate())].join('-');
  return `${date} ${[time.getHours(), time.getMinutes(), time.getSeconds()].map(two).join(':')}`;
}
