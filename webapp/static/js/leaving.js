// Whoever is on the way to another page is not turned back by what their old page does by itself.
const LEFT_WITHIN_MS = 5000 // else it was a download, and the page stays
let since = -Infinity
addEventListener("beforeunload", () => { since = performance.now() })

// Whether a form here holds words or choices that the page did not come with: such a page is not left by itself.
const isTyped = (each) => each.matches("textarea, input:not([type=checkbox], [type=radio])")
  && each.value.trim() !== each.defaultValue.trim()
const isTicked = (each) => each.matches("[type=checkbox], [type=radio]") && each.checked !== each.defaultChecked
const isChosen = (each) => each.matches("select")
  && each.selectedIndex !== Math.max([...each.options].findLastIndex((option) => option.defaultSelected), 0)
export const isWrittenIn = () => [...document.querySelectorAll("form[method=post] :is(textarea, select, input)")]
  .filter((each) => each.type !== "hidden" && each.checkVisibility())
  .some((each) => isTyped(each) || isTicked(each) || isChosen(each))

export const unlessLeaving = (go) => performance.now() - since > LEFT_WITHIN_MS && go()
