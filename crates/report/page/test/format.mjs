// How a figure of summary.json has to read, written anew from the rules in units.rs: nothing of the page is used here.

// Half to even, as Rust rounds; toFixed rounds half up.
const fixed = (value, digits) => {
  const up = value.toFixed(digits);
  const scale = 10 ** digits;
  const exact = value * scale;
  // Only a sum of powers of two can lie exactly halfway: 0.125 does, 50.85 does not.
  const isHalf = Number.isInteger(value * 2 ** (digits + 1)) && Math.abs(exact - Math.trunc(exact)) === 0.5;
  if (!isHalf) return up;
  const even = 2 * Math.round(exact / 2);
  return (even / scale).toFixed(digits);
};

const three = (value) => fixed(value, Math.abs(value) >= 99.95 ? 0 : Math.abs(value) >= 9.995 ? 1 : 2);

const units = {
  ns: [[1e9, "s"], [1e6, "ms"], [1e3, "µs"], [1, "ns"]],
  bytes: [[2 ** 30, "GiB"], [2 ** 20, "MiB"], [2 ** 10, "KiB"], [1, "B"]],
};

const printer = (unit, estimate) => {
  if (unit in units) {
    const [by, name] = units[unit].find(([by]) => Math.abs(estimate) >= by) ?? units[unit].at(-1);
    return [(value) => (by > 1 ? three(value / by) : fixed(value, 0)), ` ${name}`];
  }
  if (unit === "share") return [(value) => three(value * 100), " %"];
  if (unit === "count") return [(value) => (Number.isInteger(value) ? String(value) : three(value)), ""];
  return [(value) => (Math.abs(value) < 9.9995 ? fixed(value, 3) : three(value)), ""];
};

/** `50.4 ms (50.1 – 50.9)`, or a dash. */
export const text = ({ unit, estimate, low, high }) => {
  if (estimate === null) return "–";
  const [print, name] = printer(unit, estimate);
  const limits = low === null ? "" : ` (${print(low)} – ${print(high)})`;
  return `${print(estimate)}${name}${limits}`;
};
