const ENTITIES: Readonly<Record<string, string>> = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "'": "&#39;" };

/**
 * The player page as a part of another page. The sandbox keeps it from leading the other page elsewhere; its own origin and forms it needs
 * to ask the gateway, and attendees for what they know.
 */
export function embedHtmlOf({ url, title }: { readonly url: string; readonly title: string }): string {
  const attributes = {
    src: url,
    title,
    width: "960",
    height: "600",
    allow: "autoplay; fullscreen; picture-in-picture",
    sandbox: "allow-scripts allow-same-origin allow-forms",
    referrerpolicy: "no-referrer",
    loading: "lazy",
  };
  const written = Object.entries(attributes).map(([name, value]) => `${name}="${escape(value)}"`);
  return `<iframe ${written.join(" ")} allowfullscreen></iframe>`;
}

function escape(text: string): string {
  return text.replace(/[&<>"']/g, (character) => ENTITIES[character] ?? "");
}
