// Keys by what they write. A keyboard of another alphabet writes no Latin letters, so there the place of a key counts.
const isForeign = (key) => /^\p{Letter}$/u.test(key) && !/^\p{Script=Latin}$/u.test(key)

export function isLetter(event, letter) {
  return event.key.toLowerCase() === letter || (isForeign(event.key) && event.code === `Key${letter.toUpperCase()}`)
}

// The key of / and ? writes the stop and the comma there.
export const isSlash = (event) => event.key === "/" || (event.code === "Slash" && event.key === ".")
export const isQuestion = (event) => event.key === "?" || (event.code === "Slash" && event.key === ",")
