/** Values of one resource by camelCase property name, as the engine carries them. */
export type Values = Record<string, unknown>;
