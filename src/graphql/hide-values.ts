const SUGGESTION_START = " Did you mean ";

/**
 * Leaves the values out of what graphql-js says about variables and literals that do not fit: it shows them whole, and a slip in one
 * field of an input would show the passphrase in another. `reason`: the message of the error that the one of this message was made of,
 * with which it ends. No pattern runs over a value: one of a megabyte kept a pattern with a choice in it busy for minutes.
 */
export function hideValues(message: string, reason: string): string {
  const hidden = hideShown(reason);
  const before = message.endsWith(`; ${reason}`) ? message.slice(0, -reason.length - 2) : null;
  const [variable] = /^Variable "\$\w+"(?= got invalid value )/.exec(message) ?? [];
  if (variable !== undefined && before !== null) {
    const [place = ""] = / at "[\w.[\]]+"$/.exec(before) ?? [];
    return `${variable} got an invalid value${place}; ${hidden}`;
  }
  const [expected] = /^Expected value of type "[\w![\]]+"/.exec(message) ?? [];
  if (expected !== undefined) return before === null ? `${expected}.` : `${expected}; ${hidden}`;
  return hideShown(message);
}

const SHOWN = /^(?:\w+|Enum "\w+") cannot represent [\w -]*value(?=: )/;

/** `String cannot represent a non string value: 123` and the like; the suggestion of an enum's values stays. */
function hideShown(reason: string): string {
  const [what] = SHOWN.exec(reason) ?? [];
  if (what === undefined) return reason;
  const suggestion = reason.endsWith("?") ? reason.lastIndexOf(SUGGESTION_START) : -1;
  return `${what}.${suggestion === -1 ? "" : reason.slice(suggestion)}`;
}
