/** So many different texts are remembered; their lists of placeholders make them many more than there are statements. */
const MEMORY_LIMIT = 2_000;

const NAMED_QUERY = /\b([a-z_]+) as (?:not )?(?:materialized )?\(/g;
const WRITE = /\b(insert into|update|delete from|^copy)\s+"?([a-z_]+)"?/;
const READ = /\b(?:from|join)\s+"?([a-z_]+)"?(?![\w"]*\()/g;
const FIRST_WORD = /^\s*\(?\s*([a-z]+)/;
/** What stands after `from` and `join` without being a table. */
const NO_TABLES: ReadonlySet<string> = new Set(["lateral", "only", "now", "select", "unnest"]);

/**
 * Names a statement by what it does to which table, such as `select sessions` or `update encoders`: with several, the first that is
 * written, else the first that is read. The text comes from our code with placeholders for values, so that there are few names.
 */
export function statementName(text: string): string {
  const lower = text.toLowerCase();
  const own = new Set([...lower.matchAll(NAMED_QUERY)].map(([, name]) => name));
  const [, verb, target] = WRITE.exec(withoutLocks(lower)) ?? [];
  if (verb !== undefined && target !== undefined) return `${verb.split(" ")[0]} ${target}`;
  const table = [...lower.matchAll(READ)].map(([, name]) => name ?? "").find((name) => !own.has(name) && !NO_TABLES.has(name));
  const [, first = "other"] = FIRST_WORD.exec(lower) ?? [];
  return table === undefined ? first : `select ${table}`;
}

/** `for update` locks what is read, `do update` belongs to an insert. */
function withoutLocks(text: string): string {
  return text.replace(/\b(for|do)( no key)? update\b/g, "");
}

/** The same with a memory, since the same texts come again and again. */
export function createStatementNames(): (text: string) => string {
  const known = new Map<string, string>();
  return (text) => {
    const found = known.get(text);
    if (found !== undefined) return found;
    if (known.size >= MEMORY_LIMIT) known.clear();
    const name = statementName(text);
    known.set(text, name);
    return name;
  };
}
