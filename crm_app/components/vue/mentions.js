// Colleagues to choose from while somebody types an at sign in the text box beside this element. The list is worked here, at once, by
// arrows, Enter, Tab and Escape; the names come when the first at sign is typed. Says "wanted" then, and "look" when whom the text
// names may have changed. With "asks" there are too many names to have them all: what was typed is said ("typed"), and whoever fits is offered.
const WAIT = 350, SHOWN = 6;
const BEGUN = /(?:^|[^\p{L}\p{N}_@.])@([\p{L}\p{N}_][\p{L}\p{N}_'’.-]*(?: [\p{L}\p{N}_'’.-]+){0,3}|)$/u;
const fold = (words) => words.normalize("NFD").replace(/\p{M}/gu, "").toLowerCase();

export default {
  template: `
    <div class="mc-mentioning">
      <div v-if="open" class="mc-mention-list" role="listbox" :id="root + '-list'" :aria-label="label">
        <div v-for="(person, at) in found" :key="person.id" role="option" class="mc-mention-row" :class="{'mc-on': at === index}"
            :id="root + '-' + at" :aria-selected="at === index ? 'true' : 'false'" @mousedown.prevent="take(person)" @mousemove="index = at">
          <span :class="'mc-avatar mc-s20 mc-hue-' + person.hue" aria-hidden="true"><span>{{ person.initials }}</span></span>
          <span class="mc-truncate">{{ person.name }}</span>
        </div>
      </div>
    </div>`,
  props: { people: Array, label: String, root: String, asks: Boolean },
  emits: ["wanted", "look", "typed"],
  data() {
    return { typed: null, index: 0, timer: null, named: false };
  },
  computed: {
    found() {
      if (this.typed === null || !this.people) return [];
      const wanted = fold(this.typed);
      return this.people.filter((person) => (" " + fold(person.name)).includes(" " + wanted)).slice(0, SHOWN);
    },
    open() { return this.found.length > 0; },
  },
  watch: {
    open() { this.speak(); },
    index() { this.speak(); },
  },
  mounted() {
    this.box = this.$el.parentElement;
    this.heard = { input: this.follow, click: this.follow, focusout: this.close, keydown: this.press };
    for (const [name, act] of Object.entries(this.heard)) this.box.addEventListener(name, act, true);
    this.$nextTick(() => { if (this.field()?.value.includes("@")) this.$emit("look"); });
  },
  beforeUnmount() {
    clearTimeout(this.timer);
    for (const [name, act] of Object.entries(this.heard)) this.box.removeEventListener(name, act, true);
  },
  methods: {
    field() { return this.box.querySelector("textarea"); },
    close() { this.typed = null; },
    follow(event) {
      const field = this.field();
      if (event.target !== field) return;
      const begun = field.selectionStart === field.selectionEnd ? BEGUN.exec(field.value.slice(0, field.selectionStart)) : null;
      this.typed = begun ? begun[1] : null;
      this.index = 0;
      if (this.asks) {
        clearTimeout(this.timer);
        if (begun) this.timer = setTimeout(() => this.$emit("typed", begun[1]), 120);
        return;
      }
      if (begun && !this.people) this.$emit("wanted");
      const names = field.value.includes("@");
      if (event.type === "input" && (names || this.named)) {
        this.named = names;
        clearTimeout(this.timer);
        this.timer = setTimeout(() => this.$emit("look"), WAIT);
      }
    },
    press(event) {
      if (!this.open || event.target !== this.field() || event.isComposing) return;
      const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
      if (step) this.index = (this.index + step + this.found.length) % this.found.length;
      else if (event.key === "Escape") this.close();
      else if ((event.key === "Enter" && !event.ctrlKey && !event.metaKey) || (event.key === "Tab" && !event.shiftKey)) this.take(this.found[this.index]);
      else return;
      event.preventDefault();
      event.stopPropagation();
    },
    take(person) {
      const field = this.field();
      const end = field.selectionStart;
      field.setRangeText(person.name + " ", end - this.typed.length, end, "end");
      this.close();
      field.dispatchEvent(new Event("input", { bubbles: true }));
      this.close();
    },
    // The focus stays in the text box: it says which line is the chosen one.
    speak() {
      const field = this.field();
      if (!field) return;
      const values = { "aria-autocomplete": "list", "aria-controls": this.root + "-list", "aria-activedescendant": `${this.root}-${this.index}` };
      for (const [name, value] of Object.entries(values)) this.open ? field.setAttribute(name, value) : field.removeAttribute(name);
    },
  },
};
