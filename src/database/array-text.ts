/** A list as the text in which PostgreSQL reads an array: every item quoted, null as NULL. */
export function arrayText(items: readonly (string | null)[]): string {
  let text = "{";
  for (const item of items) {
    if (text.length > 1) text += ",";
    text += item === null ? "NULL" : `"${/["\\]/.test(item) ? item.replace(/["\\]/g, "\\$&") : item}"`;
  }
  return `${text}}`;
}
