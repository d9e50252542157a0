/** Names in the environment that look like a misspelt option. Only a warning: other programs have variables too. */

/** Variables of other programs that are one slip away from an option. */
const known = new Set(['LANGUAGE']);

/** The option that a foreign name was probably meant to be. */
export function intendedOption(name: string, optionNames: readonly string[]): string | undefined {
  if (known.has(name) || optionNames.includes(name)) return undefined;
  return optionNames.find((option) => option === `${name}_MS` || isOneSlipApart(name, option));
}

/** One letter too many, missing, wrong, or two neighbours swapped (Damerau's four slips). */
function isOneSlipApart(left: string, right: string): boolean {
  if (Math.abs(left.length - right.length) > 1) return false;
  let start = 0;
  while (start < left.length && left[start] === right[start]) start += 1;
  const [restLeft, restRight] = [left.slice(start), right.slice(start)];
  if (restLeft.length > restRight.length) return restLeft.slice(1) === restRight;
  if (restLeft.length < restRight.length) return restLeft === restRight.slice(1);
  if (restLeft.slice(1) === restRight.slice(1)) return true;
  return restLeft[0] === restRight[1] && restLeft[1] === restRight[0] && restLeft.slice(2) === restRight.slice(2);
}
