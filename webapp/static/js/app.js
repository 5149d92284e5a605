// Loads the behaviours. Each binds itself by data- attributes, again and again, to whatever htmx brings in.
import "./csrf.js"
import "./fuse.js"
import "./toasts.js"
import "./sheet.js"
import "./ask.js"
import "./board.js"
import "./keyboard.js"
import "./live.js"
