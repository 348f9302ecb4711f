// The palette: a field and a list under it that follows what is typed. One element; the arrows and Enter work here, at once,
// and the server says what is found. What it gives is shown as text only.
const WAIT = 70;

const fold = (char) => char.normalize("NFD").replace(/\p{M}/gu, "").toLowerCase();

export default {
  template: `
    <div class="mc-palette" @keydown="press">
      <div class="mc-palette-head">
        <q-icon name="lu-search" class="mc-icon mc-ink-3" aria-hidden="true"></q-icon>
        <input ref="field" class="mc-palette-field" type="text" role="combobox" autocomplete="off" autocapitalize="off" spellcheck="false" maxlength="100"
          :placeholder="words.ask" :aria-label="words.ask" aria-autocomplete="list" aria-expanded="true" :aria-controls="root + '-list'"
          :aria-activedescendant="current ? id(current) : null" v-model="typed" @input="asked" />
        <button type="button" class="mc-palette-close mc-phone-only" @click="$emit('close')">{{ words.leave }}</button>
      </div>
      <div class="mc-palette-list" role="listbox" :id="root + '-list'" :aria-label="words.found" ref="list">
        <div v-for="group in groups" :key="group.title" role="group" :aria-label="group.title">
          <div class="mc-palette-group" aria-hidden="true">{{ group.title }}</div>
          <component v-for="item in group.items" :key="item.key" :is="item.href ? 'a' : 'div'" :href="item.href || null" role="option" tabindex="-1"
              :id="id(item)" class="mc-palette-row" :class="{'mc-on': current === item}" :aria-selected="current === item ? 'true' : 'false'"
              @mousemove="at(item)" @click="choose(item, $event)">
            <span v-if="item.initials" :class="'mc-avatar mc-hue-' + item.hue" aria-hidden="true"><img v-if="item.photo" :src="item.photo" alt=""><span v-else>{{ item.initials }}</span></span>
            <span v-else class="mc-palette-icon"><q-icon :name="'lu-' + item.icon" class="mc-icon" aria-hidden="true"></q-icon></span>
            <span class="mc-truncate mc-palette-said"><span class="mc-strong"><template v-for="(part, index) in parts(item.title)"><span v-if="index % 2" class="mc-palette-match">{{ part }}</span><template v-else>{{ part }}</template></template></span>
              <span v-if="item.hint" class="mc-ink-3 mc-palette-hint">{{ item.hint }}</span></span>
            <kbd v-if="item.key_hint" class="mc-key" aria-hidden="true">{{ item.key_hint }}</kbd>
            <span v-else-if="current === item" class="mc-cap mc-palette-open" aria-hidden="true">{{ words.open }} ↵</span>
          </component>
        </div>
        <p v-if="!groups.length && !looking && answered === typed.trim()" class="mc-palette-none mc-ink-2">{{ words.none }}</p>
      </div>
      <div class="mc-palette-foot mc-desk-only" aria-hidden="true">
        <span><kbd class="mc-key">↑</kbd><kbd class="mc-key">↓</kbd> {{ words.move }}</span><span><kbd class="mc-key">↵</kbd> {{ words.open_it }}</span>
        <span><kbd class="mc-key">Ctrl ↵</kbd> {{ words.aside }}</span><span class="mc-grow"></span><span><kbd class="mc-key">Esc</kbd> {{ words.close }}</span>
      </div>
      <div class="mc-visually-hidden" role="status">{{ spoken }}</div>
    </div>`,
  props: { groups: Array, answered: String, looking: Boolean, words: Object, root: String },
  emits: ["ask", "choose", "close"],
  data() {
    return { typed: "", index: 0, timer: null };
  },
  computed: {
    items() { return this.groups.flatMap((group) => group.items); },
    current() { return this.items[Math.min(this.index, this.items.length - 1)]; },
    spoken() { return !this.looking && this.typed.trim() && this.answered === this.typed.trim() ? this.words.count.replace("%d", this.items.length) : ""; },
    tokens() { return this.answered.split(/\s+/).map((word) => [...word].map(fold).join("")).filter(Boolean); },
  },
  watch: {
    answered() { this.index = 0; if (this.$refs.list) this.$refs.list.scrollTop = 0; },
  },
  mounted() { this.begin(); },
  beforeUnmount() { clearTimeout(this.timer); },
  methods: {
    // Called when the dialog opens again: what was typed last is marked, so that the next letter replaces it.
    begin() { this.$nextTick(() => { this.$refs.field?.focus(); this.$refs.field?.select(); }); },
    id(item) { return `${this.root}-${item.key}`; },
    at(item) { this.index = this.items.indexOf(item); },
    asked() {
      clearTimeout(this.timer);
      this.timer = setTimeout(() => this.$emit("ask", this.typed.trim()), WAIT);
    },
    press(event) {
      const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
      if (step && this.items.length) {
        event.preventDefault();
        this.index = (Math.min(this.index, this.items.length - 1) + step + this.items.length) % this.items.length;
        this.$nextTick(() => document.getElementById(this.id(this.current))?.scrollIntoView({ block: "nearest" }));
      } else if (event.key === "Enter" && !event.isComposing && this.current) {
        event.preventDefault();
        if (this.current.href && (event.ctrlKey || event.metaKey)) window.open(this.current.href, "_blank", "noopener");
        else document.getElementById(this.id(this.current))?.click();
      }
    },
    choose(item, event) {
      if (event.ctrlKey || event.metaKey || event.shiftKey || event.button) return;
      if (!item.href) event.preventDefault();
      this.$emit("choose", item.key);
    },
    // The title cut at what was typed: plain, matched, plain, matched …
    parts(title) {
      const chars = [...title], folded = chars.map(fold), flat = folded.join("");
      for (const token of this.tokens) {
        const found = flat.indexOf(token);
        if (found < 0) continue;
        let length = 0, from = -1, to = chars.length;
        for (let i = 0; i < chars.length; i++) {
          if (from < 0 && length >= found) from = i;
          if (length >= found + token.length) { to = i; break; }
          length += folded[i].length;
        }
        if (from >= 0) return [chars.slice(0, from).join(""), chars.slice(from, to).join(""), chars.slice(to).join("")];
      }
      return [title];
    },
  },
};
