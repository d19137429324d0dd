import type * as pulumi from "@pulumi/pulumi";
import type { z } from "zod";
import type { Lifecycle, Property } from "../engine/lifecycle.js";
import type { AmigoResource } from "../engine/program/resource.js";

/**
 * A class of a resource, as far as the checks below look at it.
 * @internal
 */
export interface ResourceClass {
  new (name: string, args: never, opts?: pulumi.CustomResourceOptions): AmigoResource;
  readonly __lifecycle: Lifecycle;
}

type Table<Class extends ResourceClass> = Class["__lifecycle"]["properties"];
type Computed<Class extends ResourceClass> = Class["__lifecycle"]["computed"][number];
type Args<Class extends ResourceClass> = ConstructorParameters<Class>[1];
type Names<Type> = Type extends unknown ? Extract<keyof Type, string> : never;
type InTable<Class extends ResourceClass> = Names<Table<Class>>;
type Outputs<Class extends ResourceClass> = Exclude<Names<InstanceType<Class>>, keyof AmigoResource>;

type Value<Type> = Exclude<pulumi.Unwrap<Type>, undefined>;
/** Unwrapped too, since that makes `never` of `unknown`. */
type Declared<Row extends Property> = Value<z.input<Row["schema"]>>;
type Same<One, Other> = [One] extends [Other] ? ([Other] extends [One] ? true : false) : false;
type IsOptional<Row extends Property> = undefined extends z.input<Row["schema"]> ? true : false;
type Wide<Type> = Type extends string ? string : Type;

/** What is wrong with the argument of a row. The provider may fill in `workspaceId`, so it need not be declared. */
type WrongArgument<Name extends string, Row extends Property, Argument> =
  Same<Value<Argument>, Declared<Row>> extends false
    ? `the argument ${Name} has another type than its row`
    : Same<undefined extends Argument ? true : false, Name extends "workspaceId" ? true : IsOptional<Row>> extends false
      ? `the argument ${Name} is optional, or its row is, and not both`
      : never;

/** What is wrong with the output of a row. Words of a list may be shown as any text. */
type WrongOutput<Name extends string, Row extends Property, Output> = true extends
  | Same<Value<Output>, Declared<Row>>
  | Same<Value<Output>, Wide<Declared<Row>>>
  ? IsOptional<Row> extends true
    ? Row extends { readonly default: unknown }
      ? never
      : undefined extends pulumi.Unwrap<Output>
        ? never
        : `the output ${Name} may be undefined`
    : never
  : `the output ${Name} has another type than its row`;

type WrongRows<Class extends ResourceClass> = {
  [Name in InTable<Class>]:
    | (Name extends Names<Args<Class>> ? WrongArgument<Name, Table<Class>[Name], Args<Class>[Name]> : never)
    | (Name extends Outputs<Class> ? WrongOutput<Name, Table<Class>[Name], InstanceType<Class>[Name]> : never);
}[InTable<Class>];

type Disagreement<Class extends ResourceClass> =
  | `the row ${Exclude<InTable<Class>, Names<Args<Class>>>} has no argument`
  | `the argument ${Exclude<Names<Args<Class>>, InTable<Class>>} has no row`
  | `the class lacks the output ${Exclude<InTable<Class> | Computed<Class>, Outputs<Class>>}`
  | `the output ${Exclude<Outputs<Class>, InTable<Class> | Computed<Class>>} has no row and is not computed`
  | WrongRows<Class>;

/**
 * The class, where its table, its arguments and its outputs have the same names and types; else what is wrong with them, which
 * no class is: the registry of all resources does not compile then.
 * @internal
 */
export type Agreeing<Class extends ResourceClass> = [Disagreement<Class>] extends [never]
  ? Class
  : { readonly [Wrong in Disagreement<Class>]: never };

type Undefinable<Resource> = {
  [Name in keyof Resource]-?: undefined extends pulumi.Unwrap<Resource[Name]> ? Name : never;
}[keyof Resource];

/**
 * What a look-up finds: the outputs of the resource's class but for those that only this provider knows. `Always` are shown
 * by a look-up also where the class shows none.
 */
export type LookupResult<
  Resource extends pulumi.CustomResource,
  Left extends keyof Resource = never,
  Always = never,
> = {
  /** The id that the API gave it. */
  id: string;
} & {
  [Name in keyof Resource as Exclude<
    Name,
    keyof AmigoResource | Left | Exclude<Undefinable<Resource>, Always>
  >]: Exclude<pulumi.Unwrap<Resource[Name]>, undefined>;
} & {
  [Name in keyof Resource as Exclude<
    Extract<Name, Undefinable<Resource>>,
    keyof AmigoResource | Left | Always
  >]?: pulumi.Unwrap<Resource[Name]>;
};

type Remote<Rows> = {
  [Name in keyof Rows]: Rows[Name] extends { readonly change: "replace" | "update" } ? Name : never;
};

/**
 * What the API can show of a resource: the rows that it knows, and what it computes.
 * @internal
 */
export type Shown<Class extends ResourceClass> = { id: string } & {
  [Name in Extract<keyof InstanceType<Class>, Remote<Table<Class>>[InTable<Class>] | Computed<Class>>]: Exclude<
    pulumi.Unwrap<InstanceType<Class>[Name]>,
    undefined
  >;
};
