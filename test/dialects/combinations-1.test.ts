import { testCombinations } from "./support/combinations.js";

testCombinations(0);
