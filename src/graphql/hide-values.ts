/** Where graphql-js goes on after the value that it shows, in its own words and in those of our scalars. */
const REASON =
  /; (?=(?:String|Int|Float|Boolean|ID) cannot represent |Enum "|Value "|Field "|Expected |Exactly one key |(?:DateTime|URL|Cursor|Upload) (?:is|has) )/g;

/**
 * Leaves the values out of what graphql-js says about variables and literals that do not fit: it shows them whole, and a slip in one
 * field of an input would show the passphrase in another.
 */
export function hideValues(message: string): string {
  const reasons = [...message.matchAll(REASON)];
  const last = reasons.at(-1);
  const reason = last ? message.slice(last.index + 2) : "";
  if (message.startsWith("Variable ")) {
    const [head = "Variable"] = /^Variable "\$\w+"/.exec(message) ?? [];
    const [place = ""] = / at "[\w.[\]]+"$/.exec(message.slice(0, last?.index)) ?? [];
    if (/^Variable "\$\w+" got invalid value /.test(message)) return `${head} got an invalid value${place}; ${hideShown(reason)}`;
    return message;
  }
  const [expected] = /^Expected value of type "[\w![\]]+"/.exec(message) ?? [];
  if (expected !== undefined) return reason === "" ? `${expected}.` : `${expected}; ${hideShown(reason)}`;
  return hideShown(message);
}

/** `String cannot represent a non string value: 123` and the like; the suggestion of an enum's values stays. */
function hideShown(reason: string): string {
  return reason.replace(/( cannot represent [\w -]*value): [\s\S]*?( Did you mean [^?]*\?)?$/, (_, what: string, suggestion?: string) =>
    suggestion === undefined ? `${what}.` : `${what}.${suggestion}`,
  );
}
