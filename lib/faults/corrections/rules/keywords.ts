/** Words and signs of the language, for guesses at what was meant. */

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

/** What may be missing between two words. */
export const SIGNS = [
  ")",
  "]",
  "}",
  ",",
  "(",
  "[",
  "{",
  ":",
  "=>",
  "})",
  "])",
  "))",
  ".",
  "=",
  "+",
  '"',
  "'",
  "`",
  ";",
];
/** What they are called. */
export const NAMES: Record<string, string> = {
  ")": "A parenthesis",
  "(": "A parenthesis",
  "]": "A bracket",
  "[": "A bracket",
  "}": "A brace",
  "{": "A brace",
  ",": "A comma",
  ":": "A colon",
  '"': "A quote",
  "'": "A quote",
  "`": "A quote",
  "=>": "An arrow",
  "=": "An equals sign",
  "+": "A plus sign",
  ".": "A dot",
  ";": "A semicolon",
};

/** Names that scripts use and do not declare. */
export const COMMON =
  "JSON Math Number String Boolean Object Array Date parse entries keys values map filter split trim push join slice replace parseFloat parseInt round floor abs toFixed includes find reduce if for while switch return"
    .split(" ");
