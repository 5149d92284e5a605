// Whoever is on the way to another page is not turned back by what their old page does by itself.
const LEFT_WITHIN_MS = 5000 // else it was a download, and the page stays
let since = -Infinity
addEventListener("beforeunload", () => { since = performance.now() })

export const unlessLeaving = (go) => performance.now() - since > LEFT_WITHIN_MS && go()
