/** One figure of a scrape. */
export interface Sample {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

export interface Scrape {
  readonly samples: readonly Sample[];
  readonly types: ReadonlyMap<string, string>;
  /** The value of the one sample with this name and these labels, others left open; undefined when there is none. */
  readonly value: (name: string, labels?: Readonly<Record<string, string>>) => number | undefined;
  /** Different values of a label. */
  readonly labelValues: (name: string, label: string) => readonly string[];
}

const NAME = "[a-zA-Z_:][a-zA-Z0-9_:]*";
const LABEL = String.raw`([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\\n]|\\["\\n])*)"`;
const SAMPLE = new RegExp(String.raw`^(${NAME})(?:\{(${LABEL}(?:,${LABEL})*)\})? (NaN|[+-]Inf|[+-]?[0-9.]+(?:e[+-]?[0-9]+)?)$`);
const HELP = new RegExp(String.raw`^# HELP (${NAME}) \S.*$`);
const TYPE = new RegExp(String.raw`^# TYPE (${NAME}) (counter|gauge|histogram|summary)$`);

/**
 * Reads Prometheus's text format 0.0.4 strictly: every line is one that the format has, each family is described and typed before its
 * samples and stands in one piece, no series comes twice, and histograms add up. Throws for anything else.
 */
export function parseScrape(text: string): Scrape {
  if (!text.endsWith("\n")) throw new Error("The last line has no end");
  const types = new Map<string, string>();
  const described = new Set<string>();
  const samples: Sample[] = [];
  const series = new Set<string>();
  let family = "";
  for (const line of text.split("\n").filter((each) => each !== "")) {
    const [, help] = HELP.exec(line) ?? [];
    const [, typed, type] = TYPE.exec(line) ?? [];
    if (help !== undefined) {
      if (described.has(help)) throw new Error(`Described twice: ${line}`);
      described.add(help);
      family = help;
    } else if (typed !== undefined && type !== undefined) {
      if (typed !== family || types.has(typed)) throw new Error(`A type at the wrong place: ${line}`);
      types.set(typed, type);
    } else {
      const sample = parseSample(line);
      if (familyOf(sample.name, types) !== family) throw new Error(`A sample outside of its family ${family}: ${line}`);
      const key = `${sample.name} ${JSON.stringify(Object.entries(sample.labels).toSorted())}`;
      if (series.has(key)) throw new Error(`A series comes twice: ${line}`);
      series.add(key);
      samples.push(sample);
    }
  }
  checkHistograms(samples, types);
  return {
    samples,
    types,
    value(name, labels = {}) {
      const found = samples.filter(
        (each) => each.name === name && Object.entries(labels).every(([key, value]) => each.labels[key] === value),
      );
      if (found.length > 1) throw new Error(`${found.length} samples of ${name} fit ${JSON.stringify(labels)}`);
      return found[0]?.value;
    },
    labelValues: (name, label) => [...new Set(samples.filter((each) => each.name === name).map(({ labels }) => labels[label] ?? ""))],
  };
}

function parseSample(line: string): Sample {
  const match = SAMPLE.exec(line);
  if (!match) throw new Error(`Not a line of the format: ${line}`);
  const [, name = "", list = ""] = match;
  const labels = [...list.matchAll(new RegExp(LABEL, "g"))].map(([, key = "", value = ""]) => [key, value] as const);
  return { name, labels: Object.fromEntries(labels), value: Number((match.at(-1) ?? "").replace("Inf", "Infinity")) };
}

function familyOf(name: string, types: ReadonlyMap<string, string>): string {
  const base = name.replace(/_(bucket|sum|count)$/, "");
  return types.get(base) === "histogram" || types.get(base) === "summary" ? base : name;
}

function checkHistograms(samples: readonly Sample[], types: ReadonlyMap<string, string>): void {
  for (const [family] of [...types].filter(([, type]) => type === "histogram")) {
    const groups = new Map<string, Sample[]>();
    for (const sample of samples.filter(({ name }) => familyOf(name, types) === family)) {
      const { le: _le, ...rest } = sample.labels;
      const key = JSON.stringify(rest);
      groups.set(key, [...(groups.get(key) ?? []), sample]);
    }
    for (const group of groups.values()) {
      const buckets = group.filter(({ name }) => name === `${family}_bucket`);
      const count = group.find(({ name }) => name === `${family}_count`)?.value;
      const isRising = buckets.every(({ value }, index) => value >= (buckets[index - 1]?.value ?? 0));
      if (!isRising || buckets.at(-1)?.labels["le"] !== "+Inf" || buckets.at(-1)?.value !== count)
        throw new Error(`The histogram ${family} does not add up: ${JSON.stringify(group)}`);
    }
  }
}

/** Scrapes a server as Prometheus does. */
export async function scrape(url: string, headers: Readonly<Record<string, string>> = {}): Promise<Scrape> {
  const response = await fetch(`${url}/metrics`, { headers });
  const text = await response.text();
  if (response.status !== 200) throw new Error(`The scrape was answered ${response.status}: ${text}`);
  const type = response.headers.get("content-type");
  if (type !== "text/plain; version=0.0.4; charset=utf-8") throw new Error(`The scrape is ${type}`);
  return parseScrape(text);
}
