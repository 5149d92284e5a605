// The live page. The socket is a hint, never the record: after a reconnect, or a minute hidden, the page asks again.
import { showCalls } from "./calls.js"
import { board, bring, takeAway } from "./cards.js"
import { count, title } from "./counts.js"
import { isFiltered } from "./filters.js"
import { become } from "./fixed.js"
import { setClock, tick } from "./fuse.js"
import { renew } from "./heads.js"
import { parse } from "./html.js"
import { showPrompts } from "./prompts.js"
import { refreshImportant } from "./important.js"
import { redraw } from "./redraw.js"
import { catchUp, refresh, refreshCalls, refreshCounters, refreshDraft, refreshPeople, refreshSoon } from "./refresh.js"
import { sayGone } from "./sheet.js"
import { connect, told } from "./socket.js"
import { recount } from "./steps.js"
import { raise } from "./toasts.js"

// A list without anything to take says what else waits.
const EMPTY = '[data-refreshes="important"]:has(.nothing)'
let wasGreeted = false
let meanwhile = null // what is heard while a whole board is on its way: that may be older, and is swapped later

const heard = {
  card({ deal, html }) {
    if (board) isFiltered() ? refreshSoon() : bring(html)
    if (board) recount(parse(html))
    refresh(`[data-sheet-of="${deal}"]`)
    tick()
  },
  gone({ deal }) {
    recount(document.getElementById(`deal-${deal}`))
    takeAway(deal)
    if (isFiltered()) refreshSoon() // the numbers above are of what was asked for
    sayGone(`[data-sheet-of="${deal}"]`)
    refresh('[data-refreshes="tasks"]') // with the deal its tasks are gone
  },
  head({ stage, html }) {
    const old = document.getElementById(`head-${stage}`)
    if (old && !isFiltered()) renew(old, html)
  },
  total({ pipeline, html }) {
    const old = document.getElementById(`total-${pipeline}`)
    if (old && !isFiltered()) old.replaceWith(parse(html))
  },
  task({ task, deal }) {
    refresh(`#deal-sheet [data-task="${task}"]`, "#deal-sheet")
    if (deal) refresh(`[data-sheet-of="${deal}"]`)
    refresh(`#task-${task}[hx-get]`)
    refresh('[data-refreshes="tasks"]')
  },
  task_gone({ task }) {
    sayGone(`#task-${task}`)
    refresh('[data-refreshes="tasks"]')
  },
  frame({ now, seq, unread, tasks, clients, important, toasts, prompts, calls }) {
    told(seq)
    if (now) setClock(now)
    count("unread", unread, true)
    count("tasks", tasks, true)
    count("clients", clients, false)
    count("important", important, false)
    toasts.forEach(raise)
    showPrompts(prompts)
    showCalls(calls)
    title(unread + tasks)
    if (toasts.length) refresh('[data-refreshes="inbox"]')
    refresh(EMPTY)
  },
  // A client has written, or was answered: no notification comes with it.
  clients({ count: waiting }) {
    count("clients", waiting, false)
    refresh('[data-refreshes="inbox"]')
    refresh(EMPTY)
    refreshPeople()
  },
  calls() {
    refreshCalls()
  },
  important() {
    refreshImportant()
  },
  trouble({ html }) {
    document.querySelector("#trouble").innerHTML = html
  },
  // The first word of every socket. From here on nothing is missed; what changed since the page was read is asked for.
  since({ at }) {
    if (wasGreeted || at >= Number(document.body.dataset.now)) catchUp()
    wasGreeted = true
  },
  // Another version of the set-up is live: the page shows what it shows of it anew.
  setup() {
    catchUp()
  },
  draft() {
    refreshDraft()
  },
  chart() {
    refresh('[data-refreshes="chart"]')
  },
  // Its reader has chosen another language or zone since it was drawn.
  redraw() {
    redraw()
  },
  // Rights may have changed, or too much to tell one by one.
  resync({ writes_as: writesAs }) {
    if (writesAs) become(writesAs)
    catchUp()
    refreshCounters()
  },
}

function hear(message) {
  heard[message.kind]?.(message)
  if (["card", "gone", "head", "total"].includes(message.kind)) meanwhile?.push(message)
}

// It is counted from when the board is really asked for: a second question waits in htmx's queue for the first answer,
// and is never configured anew. Whatever comes of it, a message that was heard already changes nothing.
const asksForBoard = (ctx) => board && ctx?.sourceElement === board
document.addEventListener("htmx:before:request", ({ detail: { ctx } }) => { if (asksForBoard(ctx)) meanwhile = [] })
document.addEventListener("htmx:finally:request", ({ detail: { ctx } }) => {
  if (!asksForBoard(ctx)) return
  const again = meanwhile ?? []
  meanwhile = null
  for (const message of again) heard[message.kind](message)
})

connect(hear, catchUp)
