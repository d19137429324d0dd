/** The keys that the emulator accepts for its two organisations. */
export const demoKey = "amigo-demo-key";
export const secondKey = "amigo-second-key";
