/** 127.0.0.0/8, ::1 and localhost, as URL parsers write them. */
export function isLoopback(hostname: string): boolean {
  return hostname === "localhost" || hostname === "[::1]" || /^127\.\d+\.\d+\.\d+$/.test(hostname);
}

/** The URL; undefined where the text is none. `URL.canParse` of Node.js 20 refuses names such as `bücher.example` once it was called often. */
export function parsedUrl(text: string): URL | undefined {
  try {
    return new URL(text);
  } catch {
    return undefined;
  }
}
