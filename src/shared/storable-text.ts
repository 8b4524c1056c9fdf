/** A text cut to so many UTF-16 units, without what PostgreSQL refuses: NULs and halves of characters. Those last, since the cut itself can leave a half. */
export function storableText(text: string, lengthLimit: number): string {
  return text.slice(0, lengthLimit).replace(/[\p{Cc}\p{Cs}]+/gu, " ");
}
