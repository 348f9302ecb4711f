// Days by the hour with what stands in the calendar: one element however many events it shows. It draws what it is given and says which event or day
// was chosen; where everything stands is reckoned by the server, in the reader's zone. On a phone it draws nothing: the agenda is there.
import moving from "mc-drag/events.js";

const HOUR = 58, MOST = 4, NARROW = "(max-width: 767px)";

export default {
  mixins: [moving],
  template: `
    <div v-if="!narrow" class="mc-cal" ref="cal" role="region" :aria-label="words.label" tabindex="-1" :style="{'--days': days.length, '--gutter': zones.length > 1 ? '132px' : wide ? '68px' : '58px'}" @keydown="walk">
      <div class="mc-cal-head">
        <div class="mc-cal-zones mc-micro"><span v-for="zone in zones" :key="zone.name" :title="zone.name">{{ zone.short }}</span></div>
        <div v-for="day in days" :key="day.key" class="mc-cal-day-head" :class="{'mc-weekend': day.weekend}">
          <button type="button" class="mc-cal-day" :aria-label="day.label" :aria-current="day.today ? 'date' : null" @click="$emit('day', day.key)">
            <span>{{ day.name }}</span><b class="mc-num" :class="{'mc-today': day.today}">{{ day.number }}</b></button>
        </div>
        <template v-if="bars.length">
          <div class="mc-cal-whole mc-micro">{{ words.whole }}</div>
          <div class="mc-cal-bars" :style="{height: lines * 24 + 4 + 'px'}">
            <button v-for="bar in shownBars" :key="bar.id" type="button" class="mc-ev mc-ev-bar" :class="looks(bar)" :data-event="bar.id" :data-day="bar.first" :style="across(bar)"
              :tabindex="at === bar.id ? 0 : -1" aria-haspopup="dialog" :aria-expanded="String(chosen === bar.id)" :aria-label="events[bar.id].said" @focus="at = bar.id" @pointerdown="press(bar, $event)" @click="pick(bar)"><span class="mc-ev-title">{{ events[bar.id].title }}</span></button>
            <div v-if="held && held.bar" class="mc-ev mc-ev-bar mc-ev-held" :class="'mc-hue-' + held.hue" :style="across(held.bar)" aria-hidden="true"><span class="mc-ev-title">{{ held.title }}</span></div>
            <button v-for="(count, place) in hidden" v-show="count" :key="place" type="button" class="mc-ev-rest" :style="{left: part(place), width: part(1), top: (lines - 1) * 24 + 'px'}"
              :tabindex="count ? 0 : -1" :aria-label="words.rest.replace('%d', count) + ', ' + days[place].short" @click="$emit('day', days[place].key)">{{ words.rest.replace('%d', count) }}</button>
          </div>
        </template>
      </div>
      <div class="mc-cal-body" :style="{height: px(total)}">
        <div class="mc-cal-gutter" aria-hidden="true">
          <template v-for="hour in hours" :key="hour.top"><div v-if="hour.top && !near(hour)" class="mc-cal-hour mc-micro mc-num" :style="{top: px(hour.top)}"><span v-for="(said, place) in hour.said" :key="place">{{ said }}</span></div></template>
          <div v-if="here.line" class="mc-cal-now-said mc-micro mc-num" :style="{top: px(here.line.top)}">{{ here.line.said }}</div>
        </div>
        <div class="mc-cal-lines" aria-hidden="true"><i v-for="hour in hours" :key="hour.top" :style="{top: px(hour.top)}"></i></div>
        <div v-for="(day, place) in days" :key="day.key" class="mc-cal-column" :class="{'mc-weekend': day.weekend}" role="group" :aria-label="day.label" @pointerdown="draw(place, $event)" @click="fresh(place, $event)">
          <div v-for="blank in day.blanks" :key="blank[0]" class="mc-cal-blank" :title="words.blank" :style="{top: px(blank[0]), height: px(blank[1] - blank[0])}"></div>
          <div v-if="here.line && here.line.day === place" class="mc-cal-now" :style="{top: px(here.line.top)}"></div>
          <template v-for="piece in ofDay[place]" :key="piece.id + piece.more">
            <button v-if="piece.more" type="button" class="mc-ev mc-ev-more" :style="inside(piece)" :data-day="place" :title="words.rest.replace('%d', piece.more)" :aria-label="words.rest.replace('%d', piece.more) + ', ' + day.short" @click="$emit('day', day.key)">{{ piece.width < .3 ? "+" + piece.more : words.rest.replace("%d", piece.more) }}</button>
            <button v-else type="button" class="mc-ev" :class="[looks(piece), {'mc-low': piece.height < 40, 'mc-thin': piece.width < .3}]" :data-event="piece.id" :data-day="place" :style="inside(piece)"
                :tabindex="at === piece.id && !(piece.came && place) ? 0 : -1" aria-haspopup="dialog" :aria-expanded="String(chosen === piece.id)" :aria-label="events[piece.id].said" :title="events[piece.id].said" @focus="at = piece.id" @pointerdown="press(piece, $event)" @click="pick(piece)">
              <span class="mc-ev-title">{{ events[piece.id].title }}</span>
              <span class="mc-ev-more-words mc-num"><span>{{ events[piece.id].begins }}</span><template v-if="events[piece.id].who"><i v-for="face in events[piece.id].faces.slice(0, 1)" :class="'mc-avatar mc-s16 mc-hue-' + face[1]" aria-hidden="true"><span>{{ face[0] }}</span></i>
                <span class="mc-truncate">{{ events[piece.id].first }}</span></template></span>
              <span v-if="free.has(piece.id) && !piece.goes" class="mc-ev-edge"></span>
            </button>
          </template>
          <div v-if="held && !held.bar && held.day === place" class="mc-ev mc-ev-held" :class="['mc-hue-' + held.hue, {'mc-low': held.height < 40}]" :style="inside(held)" aria-hidden="true">
            <span class="mc-ev-title">{{ held.title }}</span><span class="mc-ev-more-words mc-num">{{ held.times }}</span></div>
        </div>
      </div>
      <p class="mc-visually-hidden" role="status">{{ held ? held.said : "" }}</p>
    </div>`,
  props: { days: Array, hours: Array, zones: Array, pieces: Array, bars: Array, events: Object, total: Number, chosen: String, now: Number, line: Object, words: Object, writable: Boolean, movable: Array },
  emits: ["pick", "day", "turn", "begin", "move", "stretch"],
  data() {
    return { at: "", told: null, narrow: matchMedia(NARROW).matches };
  },
  computed: {
    here() { return this.told || { now: this.now, line: this.line }; },
    // A clock of twelve hours says more of each: "10:00 AM".
    wide() { return this.hours.some((hour) => hour.said[0].length > 5); },
    ofDay() { return this.days.map((day, place) => this.pieces.filter((piece) => piece.day === place)); },
    lines() { return Math.min(MOST, Math.max(...this.bars.map((bar) => bar.line)) + 1); },
    // Where more lines are needed than there is room for, the last of them says how many events are hidden on each day.
    full() { return this.bars.some((bar) => bar.line >= MOST); },
    shownBars() { return this.bars.filter((bar) => bar.line < (this.full ? MOST - 1 : MOST)); },
    hidden() { return this.full ? this.days.map((_day, place) => this.bars.filter((bar) => bar.line >= MOST - 1 && bar.first <= place && place <= bar.last).length) : []; },
  },
  watch: {
    now() { this.told = null; },
    pieces() {
      const held = this.$refs.cal?.contains(document.activeElement), went = this.wanted;
      this.wanted = false;
      if (!this.grip) this.held = null;  // what was let go stands here now, wherever that is
      this.begin();
      this.$nextTick(() => {
        const lost = held && document.activeElement === document.body;
        if (went || lost) (this.all().find((one) => one.tabIndex === 0) || this.$refs.cal)?.focus();
      });
    },
  },
  created() { this.begin(); },
  mounted() {
    this.width = matchMedia(NARROW);
    this.turned = () => { this.narrow = this.width.matches; this.$nextTick(this.scroll); };
    this.width.addEventListener("change", this.turned);
    this.keys = (e) => {
      if (!["j", "k"].includes(e.key) || e.ctrlKey || e.metaKey || e.altKey || !this.$refs.cal?.offsetParent) return;
      const at = document.activeElement;
      if (document.querySelector(".q-dialog[aria-modal=true], .q-menu") || (at && (at.matches("input:not([type=checkbox]),textarea,select") || at.isContentEditable))) return;
      e.preventDefault();
      this.step(e.key === "j" ? 1 : -1);
    };
    document.addEventListener("keydown", this.keys);
    this.scroll();
  },
  unmounted() {
    this.width.removeEventListener("change", this.turned);
    document.removeEventListener("keydown", this.keys);
  },
  methods: {
    px(minutes) { return (minutes * HOUR) / 60 + "px"; },
    part(days) { return (days * 100) / this.days.length + "%"; },
    inside(piece) { return { top: this.px(piece.top), height: this.px(piece.height), left: piece.left * 100 + "%", width: piece.width * 100 + "%" }; },
    across(bar) { return { left: this.part(bar.first), width: this.part(bar.last - bar.first + 1), top: bar.line * 24 + "px" }; },
    near(hour) { return this.here.line && Math.abs(hour.top - this.here.line.top) < 14; },
    looks(shown) {
      const event = this.events[shown.id];
      return ["mc-hue-" + event.hue, event.looks, { "mc-past": event.ends <= this.here.now, "mc-chosen": this.chosen === shown.id, "mc-came": shown.came, "mc-goes": shown.goes, "mc-away": this.held?.id === shown.id }];
    },
    tell(values) { this.told = { ...this.here, ...values }; },
    // Keys begin with what comes next, else with the first one.
    begin() {
      if (this.events[this.at]) return;
      const shown = [...this.bars, ...this.pieces.filter((piece) => !piece.more)];
      const next = this.pieces.find((piece) => !piece.more && this.events[piece.id].ends > this.here.now) || shown[0];
      this.at = next ? next.id : "";
    },
    // The working day, unless it is earlier or later just now; an event that is open is in view.
    scroll() {
      const cal = this.$refs.cal, line = this.here.line;
      if (!cal) return;
      const seen = (cal.clientHeight * 60) / HOUR, first = Math.min(470, ...this.pieces.filter((piece) => !piece.came).map((piece) => Math.max(360, piece.top - 10)));
      const from = line && (line.top < first || line.top > first + seen - 180) ? line.top - 120 : first;
      cal.scrollTop = (from * HOUR) / 60;
      if (this.chosen) this.element(this.chosen)?.scrollIntoView({ block: "nearest" });
    },
    element(id) { return this.all().find((one) => one.dataset.event === id); },
    all() { return this.$refs.cal ? [...this.$refs.cal.querySelectorAll("[data-event]")] : []; },
    focus(id) { (this.element(id) || this.$refs.cal)?.focus(); },
    step(by) {
      const all = this.all().sort((one, other) => one.dataset.day - other.dataset.day || one.offsetTop - other.offsetTop), here = all.indexOf(document.activeElement);
      const from = here < 0 ? all.findIndex((one) => one.tabIndex === 0) - by : here;
      all[Math.max(0, Math.min(all.length - 1, from + by))]?.focus();
    },
    walk(e) {
      if (this.push(e)) { e.preventDefault(); e.stopPropagation(); return; }
      if (e.ctrlKey || e.metaKey || e.altKey || e.shiftKey) return;
      if (e.key === "PageDown" || e.key === "PageUp") { this.wanted = true; this.$emit("turn", e.key === "PageDown" ? 1 : -1); }
      else if (!this.go(e)) return;
      e.preventDefault();
      e.stopPropagation();
    },
    // Up and down through a day, left and right to the nearest one of another day.
    go(e) {
      const here = e.target.closest("[data-event]"), of = (day) => this.all().filter((one) => Number(one.dataset.day) === day).sort((one, other) => top(one) - top(other));
      const top = (one) => (one.classList.contains("mc-ev-bar") ? -1000 : 0) + one.offsetTop;
      if (!here) return false;
      const day = Number(here.dataset.day), own = of(day), place = own.indexOf(here), to = { ArrowDown: place + 1, ArrowUp: place - 1, Home: 0, End: own.length - 1 }[e.key];
      if (to !== undefined) return own[to]?.focus(), true;
      const by = { ArrowRight: 1, ArrowLeft: -1 }[e.key];
      if (!by) return false;
      for (let next = day + by; next >= 0 && next < this.days.length; next += by) {
        const near = of(next).sort((one, other) => Math.abs(top(one) - top(here)) - Math.abs(top(other) - top(here)))[0];
        if (near) return near.focus(), true;
      }
      return true;
    },
  },
};
