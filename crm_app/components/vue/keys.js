// Listens to the keyboard and says "press" with the name of a key that is bound here. Nothing else leaves the browser, least of all what is typed.
// A key after "g" within a second is "g x", whichever of the page's listeners it is for. A key with Ctrl or Command counts even inside a field,
// save for undo, which is the field's own.
const chord = { at: 0, by: 0 };

export default {
  props: { keys: Array },
  emits: ["press"],
  mounted() {
    document.addEventListener("keydown", this.listen);
  },
  unmounted() {
    document.removeEventListener("keydown", this.listen);
  },
  methods: {
    listen(event) {
      if (event.repeat) return;
      const at = document.activeElement, mod = event.ctrlKey || event.metaKey, plain = event.key.toLowerCase();
      const typing = at && (at.matches("input:not([type=checkbox]),textarea,select") || at.isContentEditable);
      const name = (mod ? "mod+" : "") + (event.shiftKey && plain.length > 1 ? "shift+" : "") + plain;
      const after = this.follows(event.timeStamp);
      if (typing && (!mod || name === "mod+z")) return;
      if (document.querySelector(".q-dialog[aria-modal=true]") && name !== "escape" && !mod) return;
      if (!mod && !after && plain === "g" && this.keys.some((key) => key.startsWith("g "))) {
        chord.at = event.timeStamp;
        chord.by = 0;
        event.preventDefault();
        return;
      }
      const wanted = after && !mod ? "g " + plain : name;
      if (!this.keys.includes(wanted) || (wanted === "enter" && at && at.matches("a,button"))) return;
      event.preventDefault();
      this.$emit("press", wanted);
    },
    // Whether this key is the first one within a second of "g". Several listeners are asked about the same key.
    follows(now) {
      if (!chord.at || now <= chord.at || now - chord.at > 1000 || (chord.by && chord.by !== now)) return false;
      chord.by = now;
      return true;
    },
  },
  render: () => null,
};
