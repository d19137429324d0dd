let lines: string[] = [];

/** From here on keeps the provider's log lines, which go to standard error, instead of printing them. */
export function keepLog(): void {
  process.env.AMIGO_LOG = "debug";
  const write = process.stderr.write.bind(process.stderr);
  process.stderr.write = ((text: string | Uint8Array, ...rest: []) => {
    if (!String(text).startsWith("amigo: ")) return write(text, ...rest);
    lines.push(String(text));
    return true;
  }) as typeof process.stderr.write;
}

/** The lines since the last time. */
export function takeLog(): string {
  const taken = lines.join("");
  lines = [];
  return taken;
}
