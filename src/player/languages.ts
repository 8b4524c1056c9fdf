import { find } from "./dom.ts";

interface Language {
  readonly code: string;
  readonly label: string;
}

export interface LanguageChoice {
  readonly show: (languages: readonly Language[]) => void;
  /** The code of the language that is wanted; empty while there is none. */
  readonly chosen: () => string;
}

/** Lets people choose a language; before they do, it is the first of the browser's own that there is. */
export function createLanguageChoice(onChosen: () => void): LanguageChoice {
  const label = find("languages", HTMLElement);
  const select = find("language", HTMLSelectElement);
  let shown = "";

  select.addEventListener("change", onChosen);
  return {
    show(languages) {
      const next = JSON.stringify(languages.map(({ code, label: name }) => [code, name]));
      if (next === shown) return;
      shown = next;
      const before = select.value;
      select.replaceChildren(...languages.map(({ code, label: name }) => new Option(name, code)));
      const isThere = languages.some(({ code }) => code === before);
      select.value = isThere ? before : preferred(languages);
      label.hidden = languages.length < 2;
    },
    chosen: () => select.value,
  };
}

function preferred(languages: readonly Language[]): string {
  for (const wanted of navigator.languages) {
    const fits = languages.find(({ code }) => code === wanted) ?? languages.find(({ code }) => mainPart(code) === mainPart(wanted));
    if (fits) return fits.code;
  }
  return languages[0]?.code ?? "";
}

function mainPart(code: string): string {
  return code.split("-", 1)[0] ?? code;
}
