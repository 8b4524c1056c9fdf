/** Names longer than this are not compared: the table of distances would cost more than the suggestion is worth. */
const COMPARED_LENGTH_LIMIT = 100;

/** How many comparisons one suggester makes, so that a file of nothing but wrong names cannot keep the process busy. */
const COMPARISON_LIMIT = 50_000;

/** The candidate that was most probably meant, or null when none is near: at most a third of its letters may differ. */
export function nearest(text: string, candidates: readonly string[]): string | null {
  const wanted = text.toLowerCase();
  if (wanted.length === 0 || wanted.length > COMPARED_LENGTH_LIMIT) return null;
  let best: string | null = null;
  let bestDistance = Math.max(1, Math.floor(wanted.length / 3)) + 1;
  for (const candidate of candidates) {
    if (Math.abs(candidate.length - wanted.length) >= bestDistance) continue;
    const distance = editDistance(wanted, candidate.toLowerCase());
    if (distance < bestDistance) [best, bestDistance] = [candidate, distance];
  }
  return best;
}

/** `nearest` for many texts and the same candidates: it remembers what it found, and makes no more suggestions after so many comparisons. */
export function createSuggester(candidates: readonly string[]): (text: string) => string | null {
  const found = new Map<string, string | null>();
  let comparisons = 0;
  return (text) => {
    const known = found.get(text);
    if (known !== undefined) return known;
    if (comparisons + candidates.length > COMPARISON_LIMIT) return null;
    comparisons += candidates.length;
    const suggestion = nearest(text, candidates);
    found.set(text, suggestion);
    return suggestion;
  };
}

/** How many letters are put in, taken out or changed to get from one text to the other (Levenshtein). */
function editDistance(left: string, right: string): number {
  let previous = Array.from({ length: right.length + 1 }, (_, index) => index);
  for (let row = 1; row <= left.length; row += 1) {
    const current = [row];
    for (let column = 1; column <= right.length; column += 1) {
      const change = (previous[column - 1] ?? 0) + (left[row - 1] === right[column - 1] ? 0 : 1);
      current.push(Math.min(change, (previous[column] ?? 0) + 1, (current[column - 1] ?? 0) + 1));
    }
    previous = current;
  }
  return previous[right.length] ?? 0;
}
