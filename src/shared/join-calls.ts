/**
 * Makes one call for all who ask by the same key at the same time. Who comes while a call is under way waits for the one after it,
 * together with all who came meanwhile: no answer is older than its question. When the call under way fails, they fail as it did
 * instead of waiting as long again.
 */
export type JoinCalls<Answer> = (key: string, call: () => Promise<Answer>) => Promise<Answer>;

export function createJoinCalls<Answer>(): JoinCalls<Answer> {
  const underWay = new Map<string, Promise<Answer>>();
  const waiting = new Map<string, Promise<Answer>>();

  function begin(key: string, call: () => Promise<Answer>): Promise<Answer> {
    const answer = call().finally(() => {
      if (underWay.get(key) === answer) underWay.delete(key);
    });
    underWay.set(key, answer);
    return answer;
  }

  async function wait(key: string, before: Promise<Answer>, call: () => Promise<Answer>): Promise<Answer> {
    try {
      await before;
    } finally {
      waiting.delete(key);
    }
    return begin(key, call);
  }

  return (key, call) => {
    const before = underWay.get(key);
    if (!before) return begin(key, call);
    const joined = waiting.get(key) ?? wait(key, before, call);
    waiting.set(key, joined);
    return joined;
  };
}
