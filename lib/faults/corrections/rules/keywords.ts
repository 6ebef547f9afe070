/** Words of the language. */
export const KEYWORDS = [
  ..."export function return const let var if else for of in while new typeof null true false"
    .split(" "),
  ..."undefined continue break switch case default try catch finally throw async await".split(" "),
];

/** Signs that are mistaken for each other. */
export const EXCHANGES: Record<string, string[]> = {
  ";": [",", ":"],
  ":": ["=", ",", ";"],
  "=": [":", "==="],
  ",": [";", ":"],
  ")": ["]", "}", "])"],
  "]": [")", "}", "])"],
  "}": [")", "]", "})"],
  "(": ["{", "["],
  "{": ["(", "["],
  "[": ["(", "{"],
  "->": ["=>"],
  "=<": ["<="],
  "=>": [">=", "="],
  "==>": ["=>"],
  ".": [","],
  "=-": ["=>"],
  "<>": ["!=="],
};
