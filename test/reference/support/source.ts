import * as path from "node:path";
import * as ts from "typescript";
import { repositoryRoot } from "../../../lab/root.js";

const entry = path.join(repositoryRoot, "src", "index.ts");
const errors = path.join(repositoryRoot, "src", "api", "errors.ts");
const examples = path.join(repositoryRoot, "examples", "quickstart", "index.ts");
const calls = path.join(__dirname, "calls.ts");

const options: ts.CompilerOptions = {
  target: ts.ScriptTarget.ES2022,
  module: ts.ModuleKind.Node16,
  moduleResolution: ts.ModuleResolutionKind.Node16,
  strict: true,
  skipLibCheck: true,
};
const program = ts.createProgram([entry, errors, examples, calls], options);
const checker = program.getTypeChecker();

export interface Member {
  name: string;
  type: string;
  optional: boolean;
  doc: string;
  /** What `@default` says. */
  default?: string;
  /** The interface of the package that the type names. */
  refersTo?: string;
}

/** What a file exports, by name. */
function exportsOf(file: string): Map<string, ts.Symbol> {
  const source = program.getSourceFile(file);
  const module = source && checker.getSymbolAtLocation(source);
  if (!module) throw new Error(`${file} exports nothing`);
  return new Map(checker.getExportsOfModule(module).map((symbol) => [symbol.name, resolved(symbol)]));
}

function resolved(symbol: ts.Symbol): ts.Symbol {
  return symbol.flags & ts.SymbolFlags.Alias ? checker.getAliasedSymbol(symbol) : symbol;
}

const publicSymbols = exportsOf(entry);

export const publicNames = (): string[] => [...publicSymbols.keys()];

function symbolOf(name: string): ts.Symbol {
  const symbol = publicSymbols.get(name);
  if (!symbol) throw new Error(`src/index.ts does not export ${name}`);
  return symbol;
}

/** A docstring as one line of Markdown, without its tags. */
function docOf(symbol: ts.Symbol): string {
  return plain(ts.displayPartsToString(symbol.getDocumentationComment(checker)));
}

function plain(text: string): string {
  return text
    .replaceAll(/\{@link (\w+) *\}/g, "`$1`")
    .replaceAll(/\s+/g, " ")
    .trim();
}

export const docOfExport = (name: string): string => docOf(symbolOf(name));

/** The properties of an interface, a class or a union of them; of a union's members the one that says most. */
export function membersOf(name: string): Map<string, Member> {
  const type = checker.getDeclaredTypeOfSymbol(symbolOf(name));
  const members = new Map<string, Member>();
  for (const part of type.isUnion() ? type.types : [type]) {
    for (const symbol of part.getProperties()) {
      const declaration = symbol.valueDeclaration;
      const node = declaration && (ts.isPropertySignature(declaration) || ts.isPropertyDeclaration(declaration));
      if (!node || !declaration.type || /^__/.test(symbol.name) || isInherited(declaration)) continue;
      const text = typeText(declaration.type);
      const former = members.get(symbol.name);
      const joined =
        !former || former.type === "never" ? text : text === "never" ? former.type : union(former.type, text);
      const tag = symbol.getJsDocTags(checker).find(({ name }) => name === "default");
      members.set(symbol.name, {
        name: symbol.name,
        type: joined,
        optional: Boolean(symbol.flags & ts.SymbolFlags.Optional) || (former?.optional ?? false),
        doc: [docOf(symbol), former?.doc ?? ""].sort((a, b) => b.length - a.length)[0] ?? "",
        default: tag ? plain(ts.displayPartsToString(tag.text)) : former?.default,
        refersTo: publicNames().find((one) => new RegExp(`\\b${one}\\b`).test(text)),
      });
    }
  }
  return members;
}

function union(a: string, b: string): string {
  return a.includes(b) ? a : `${a} | ${b}`;
}

/** Declared by the SDK. */
function isInherited(declaration: ts.Declaration): boolean {
  return declaration.getSourceFile().fileName.includes("node_modules");
}

/** A type as a reader of the program types it: without what every input and output has around it. */
function typeText(node: ts.TypeNode): string {
  const wrapper = /\bpulumi\.(?:Input|Output|Unwrap)<((?:[^<>]|<(?:[^<>]|<[^<>]*>)*>)*)>/;
  let text = node.getText().replaceAll(/\s+/g, " ");
  while (wrapper.test(text)) text = text.replace(wrapper, "$1");
  return text.replace(/ \| undefined$/, "");
}

export interface Function {
  name: string;
  doc: string;
  signature: string;
  /** The text of its types, without docstrings. */
  args: string;
  result: string;
}

/** The exported functions, and the twins for outputs that stand beside them. */
export function functions(): Function[] {
  return publicNames().flatMap((name) => {
    const declaration = symbolOf(name).valueDeclaration;
    if (!declaration || !ts.isFunctionDeclaration(declaration)) return [];
    const [args] = declaration.parameters;
    const result = /\w+Result/.exec(declaration.type?.getText() ?? "")?.[0] ?? "";
    const text = declaration.parameters.map((one) =>
      one
        .getText()
        .replace(/ = \{\}/, "")
        .replace(/^(\w+):/, (_all, own) => `${own}${one.initializer ? "?" : ""}:`),
    );
    return {
      name,
      doc: docOfExport(name),
      signature: `${name}(${text.join(", ")}): ${declaration.type?.getText() ?? "void"}`,
      args: /\w+Args/.exec(args?.type?.getText() ?? "")?.[0] ?? "",
      result,
    };
  });
}

/** The declaration of an exported type, as it stands in the source. */
export function declarationText(name: string): string {
  const text = (symbolOf(name).declarations?.[0]?.getText() ?? "").replace(/^export /, "");
  return text.replaceAll(/^.{101,}$/gm, (line) => line.replaceAll(" | {", "\n  | {"));
}

/** The error classes in the order of their file, with what they extend. */
export function errorClasses(): { name: string; parent: string; doc: string }[] {
  const source = program.getSourceFile(errors);
  return [...exportsOf(errors).values()]
    .flatMap((symbol) =>
      symbol.valueDeclaration && ts.isClassDeclaration(symbol.valueDeclaration)
        ? [{ symbol, node: symbol.valueDeclaration }]
        : [],
    )
    .filter(({ node }) => node.getSourceFile() === source)
    .map(({ symbol, node }) => ({
      name: symbol.name,
      parent: node.heritageClauses?.[0]?.types[0]?.getText() ?? "Error",
      doc: docOf(symbol),
    }));
}

/** The first statement of the compiled examples in which `amigo.NAME(` stands. */
export function exampleOf(name: string): string {
  for (const file of [examples, calls]) {
    for (const statement of statementsOf(program.getSourceFile(file))) {
      const text = statement.getText();
      if (!ts.isFunctionDeclaration(statement) && new RegExp(`amigo\\.${name}\\(`).test(text)) return text;
    }
  }
  throw new Error(`no example calls amigo.${name}: add one to test/reference/support/calls.ts`);
}

function statementsOf(source: ts.SourceFile | undefined): ts.Statement[] {
  const top = [...(source?.statements ?? [])];
  return top.flatMap((one) => (ts.isFunctionDeclaration(one) ? [...(one.body?.statements ?? [])] : [one]));
}
