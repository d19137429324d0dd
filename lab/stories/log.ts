let lines: string[] = [];

/** From here on keeps the provider's log lines, which go to standard error, instead of printing them; the answer ends that. */
export function keepLog(): () => void {
  const { AMIGO_LOG: former } = process.env;
  process.env.AMIGO_LOG = "debug";
  const { write: original } = process.stderr;
  const write = original.bind(process.stderr);
  process.stderr.write = ((text: string | Uint8Array, ...rest: []) => {
    if (!String(text).startsWith("amigo: ")) return write(text, ...rest);
    lines.push(String(text));
    return true;
  }) as typeof process.stderr.write;
  return () => {
    process.stderr.write = original;
    if (former === undefined) delete process.env.AMIGO_LOG;
    else process.env.AMIGO_LOG = former;
  };
}

/** The lines since the last time. */
export function takeLog(): string {
  const taken = lines.join("");
  lines = [];
  return taken;
}
