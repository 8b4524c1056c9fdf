import { createHash } from "node:crypto";
import { describe, expect, it } from "vitest";
import { answerChallenge, readChallenge, readPushTarget } from "../../src/rtmp/push-target.rules.ts";

describe("whom an RTMP output publishes to", () => {
  it.each([
    ["rtmp://host/live/key", "live", "key", "rtmp://host/live", 1935],
    ["rtmp://host:1936/live//key/", "live", "key", "rtmp://host:1936/live", 1936],
    ["rtmps://host/app/instance/key", "app/instance", "key", "rtmps://host/app/instance", 443],
    ["rtmp://host/live/key?token=a/b&c=d", "live", "key?token=a/b&c=d", "rtmp://host/live", 1935],
    ["rtmp://host/live?token=abc/key", "live?token=abc", "key", "rtmp://host/live?token=abc", 1935],
    ["rtmp://[2001:db8::1]:1935/live/key", "live", "key", "rtmp://[2001:db8::1]/live", 1935],
    ["rtmp://ada:p%40ss@host/live/key", "live", "key", "rtmp://host/live", 1935],
  ])("%s", (url, application, streamKey, applicationUrl, port) => {
    expect(readPushTarget(url)).toMatchObject({ application, streamKey, applicationUrl, port });
  });

  it("is told apart from its user and password, and every part that grants something is known as a secret", () => {
    expect(readPushTarget("rtmp://ada:p%40ss:w@host/live/key?sig=s3cr3t")).toMatchObject({
      ...{ userName: "ada", password: "p@ss:w" },
      secrets: ["key?sig=s3cr3t", "key", "ada:p%40ss:w", "p@ss:w", "s3cr3t"],
    });
    expect(readPushTarget("rtmp://host/live/key")).toMatchObject({ userName: null, password: null });
  });

  it.each(["rtmp://host/live", "rtmp://host/", "rtmp://host", "http://host/live/key", "nonsense"])("is nobody in %s", (url) => {
    expect(readPushTarget(url)).toBeNull();
  });
});

describe("a receiver that asks for a password", () => {
  it("is named the user, then answered its question", () => {
    const first = readChallenge("NetConnection.Connect.Rejected: [ AccessManager.Reject ] : [ code=403 need auth; authmod=adobe ] : ");
    expect(first).toEqual({ kind: "NAME_YOURSELF" });
    const who = { userName: "ada", password: "pass", ownChallenge: "00112233" };
    expect(answerChallenge({ kind: "NAME_YOURSELF" }, who)).toBe("?authmod=adobe&user=ada");
    const second = readChallenge("[ authmod=adobe ] : ?reason=needauth&user=ada&salt=SaLt&challenge=ChAl&opaque=OpAq");
    expect(second).toEqual({ kind: "ANSWER", salt: "SaLt", challenge: "ChAl", opaque: "OpAq" });
    const md5 = (text: string): string => createHash("md5").update(text).digest("base64");
    expect(answerChallenge({ kind: "ANSWER", salt: "SaLt", challenge: "ChAl", opaque: "OpAq" }, who)).toBe(
      `?authmod=adobe&user=ada&challenge=00112233&response=${md5(`${md5("adaSaLtpass")}OpAq00112233`)}&opaque=OpAq`,
    );
    expect(readChallenge("[ authmod=adobe ] : ?reason=authfailed&opaque=x")).toEqual({ kind: "REFUSED" });
    expect(readChallenge("NetStream.Publish.BadName: no")).toBeNull();
  });
});
