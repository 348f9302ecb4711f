// A small month: a press on a day chooses it, arrows go from day to day. The server knows the days; this draws them.
export default {
  template: `
    <div class="mc-mini" role="group" :aria-label="title">
      <div class="mc-mini-bar"><span class="mc-section" aria-live="polite">{{ title }}</span><span class="mc-grow"></span>
        <button type="button" class="mc-board-button mc-again" :aria-label="words.before" :title="words.before" @click="$emit('turn', -1)"><q-icon name="lu-chevron-left" aria-hidden="true"></q-icon></button>
        <button type="button" class="mc-board-button mc-again" :aria-label="words.after" :title="words.after" @click="$emit('turn', 1)"><q-icon name="lu-chevron-right" aria-hidden="true"></q-icon></button></div>
      <div class="mc-mini-grid" ref="grid" @keydown="walk">
        <span v-for="name in names" :key="name.long" class="mc-micro" :title="name.long" aria-hidden="true">{{ name.narrow }}</span>
        <button v-for="day in days" :key="day.key" type="button" class="mc-num" :class="{'mc-outside': !day.inside, 'mc-today': day.today, 'mc-shown': day.shown}" :data-key="day.key"
          :tabindex="day.key === at ? 0 : -1" :aria-label="day.label" :aria-current="day.today ? 'date' : null" :aria-pressed="String(day.shown)" @focus="at = day.key" @click="$emit('day', day.key)">{{ day.number }}</button>
      </div>
    </div>`,
  props: { days: Array, names: Array, title: String, words: Object },
  emits: ["day", "turn"],
  data() {
    return { at: "" };
  },
  watch: {
    days() {
      const held = this.$refs.grid?.contains(document.activeElement);
      this.begin();
      if (held) this.$nextTick(() => this.$refs.grid.querySelector(`[data-key="${this.at}"]`)?.focus());
    },
  },
  created() { this.begin(); },
  methods: {
    begin() {
      if (this.days.some((day) => day.key === this.at && day.inside)) return;
      const first = this.days.find((day) => day.today && day.inside) || this.days.find((day) => day.shown && day.inside) || this.days.find((day) => day.inside);
      this.at = first ? first.key : "";
    },
    walk(e) {
      const by = { ArrowRight: 1, ArrowLeft: -1, ArrowDown: 7, ArrowUp: -7 }[e.key], here = this.days.findIndex((day) => day.key === this.at);
      if (e.ctrlKey || e.metaKey || e.altKey || e.shiftKey) return;
      if (e.key === "PageDown" || e.key === "PageUp") this.$emit("turn", e.key === "PageDown" ? 1 : -1);
      else if (by && this.days[here + by]) this.$refs.grid.querySelector(`[data-key="${this.days[here + by].key}"]`)?.focus();
      else if (by) this.$emit("turn", by > 0 ? 1 : -1);
      else return;
      e.preventDefault();
      e.stopPropagation();
    },
  },
};
