/**
 * The absolute address of what a text names at this place; null for what is none of HTTP or HTTPS: what else a reader could open by
 * its scheme (`file:`, `data:`, `httpproxy:`) nobody but a hostile server names.
 */
export function webAddress(text: string, base: string): string | null {
  if (!URL.canParse(text, base)) return null;
  const address = new URL(text, base);
  return address.protocol === "http:" || address.protocol === "https:" ? address.href : null;
}
