import fc from "fast-check";

/** One seed for all, so that no change fails by chance: `SEED=7 npx vitest run --project unit test/hostile` draws other cases. */
fc.configureGlobal({ seed: Number(process.env.SEED ?? 20_261_130) });

export default fc;
