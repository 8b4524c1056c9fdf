/** For a switch over a closed union: a value that slipped through is our own defect, told with where it happened. */
export function assertNever(value: never, where: string): never {
  throw new Error(`Unexpected value ${JSON.stringify(value)} in ${where}`);
}

/** Gives a value that must be there, or says which one was not. */
export function required<T>(value: T | null | undefined, what: string): T {
  if (value === null || value === undefined) throw new Error(`Missing ${what}`);
  return value;
}
