// A table over one page of plain rows. Everything is text or a bound attribute; nothing of a row is ever markup.
// One component instead of a slot for each cell: a slot is made anew with every change anywhere on the page, a row here only when it changed.
// Says "open" and "sort" with an id and a column's name, "choose" with the ids that are selected.
export default {
  props: { label: String, columns: Array, rows: Array, choosing: Boolean, chosen: Array, round: Number, words: Object, sprite: String, cards: Boolean },
  emits: ["open", "sort", "choose"],
  template: `
<div class="q-table__container q-table--flat q-table--horizontal-separator q-table--no-wrap mc-table" :class="{'mc-any-selected': picked.size, 'mc-cards': cards}" ref="root">
  <div v-if="cards" class="q-table__grid-content" role="list" :aria-label="label">
    <div v-for="row in list" :key="row.id" v-memo="[row, columns, picked.has(row.id)]" class="mc-person-card" :class="{selected: picked.has(row.id)}" role="listitem"
        @click="press($event, row)">
      <div class="mc-row mc-gap-12">
        <span :class="'mc-avatar mc-s40 mc-hue-' + of(row, card.person, 'hue')" aria-hidden="true">
          <img v-if="of(row, card.person, 'photo')" :src="of(row, card.person, 'photo')" alt="" loading="lazy"><span v-else>{{ of(row, card.person, 'initials') }}</span></span>
        <div class="mc-grow">
          <div class="mc-cell mc-gap-6"><a class="mc-plain-link mc-cell-name mc-truncate mc-row-link" :href="row.href" :title="row.title">{{ row.title }}</a>
            <i v-if="of(row, card.person, 'mark')" :class="'q-icon mc-icon mc-cell-mark mc-mark-' + of(row, card.person, 'mark')" aria-hidden="true"><svg viewBox="0 0 24 24"><use
              :href="sprite + '#' + of(row, card.person, 'mark')"></use></svg></i></div>
          <div v-if="of(row, card.person, 'more')" class="mc-cap mc-truncate" :title="of(row, card.person, 'more')">{{ of(row, card.person, 'more') }}</div>
        </div>
        <input v-if="choosing" type="checkbox" class="mc-tick" :aria-label="words.one + ' ' + row.title" :checked="picked.has(row.id)" @change="toggle(row.id)">
      </div>
      <div class="mc-cell mc-gap-4 mc-person-chips" :title="of(row, card.tags, 'all')">
        <span v-if="row[card.stage.name]" :class="'mc-chip mc-hue-' + of(row, card.stage, 'hue')"><span class="mc-dot"></span><span>{{ row[card.stage.name] }}</span></span>
        <span v-for="tag in (of(row, card.tags, 'more') ? ['1'] : ['1', '2']).map((part) => of(row, card.tags, part)).filter(Boolean)" class="mc-tag mc-truncate"
          ><span class="mc-tag-text">{{ tag }}</span></span>
        <span v-if="of(row, card.tags, 'more')" class="mc-cap">{{ of(row, card.tags, 'rest') }}</span></div>
      <div class="mc-cell mc-gap-6 mc-person-foot">
        <time v-if="of(row, card.moment, 'at')" :datetime="of(row, card.moment, 'at')" :title="of(row, card.moment, 'exact')" class="mc-num mc-none">{{ row[card.moment.name] }}</time>
        <span v-else class="mc-none">{{ row[card.moment.name] }}</span>
        <span v-if="row[card.icon.name]" class="mc-truncate" :title="row[card.icon.name]">· {{ row[card.icon.name] }}</span><span class="mc-grow"></span>
        <span :class="'mc-avatar mc-s20 mc-hue-' + of(row, card.face, 'hue')" role="img" :aria-label="row[card.face.name]" :title="row[card.face.name]">{{
          of(row, card.face, 'initials') }}</span></div>
    </div>
  </div>
  <div v-else class="q-table__middle"><table class="q-table" :aria-label="label">
    <thead><tr>
      <th v-if="choosing" scope="col" class="q-table--col-auto-width"><input type="checkbox" class="mc-tick" :aria-label="words.every"
        :checked="picked.size > 0 && picked.size === list.length" :indeterminate="picked.size > 0 && picked.size < list.length" @change="every"></th>
      <th v-for="column in columns" :key="column.name" scope="col" :class="['text-' + column.align, column.narrow]" :style="column.style" :aria-sort="column.order">
        <button v-if="column.order" type="button" class="mc-sort" @click="$emit('sort', column.name)">{{ column.label }}
          <i v-if="column.order !== 'none'" class="q-icon" aria-hidden="true"><svg viewBox="0 0 24 24"><use
            :href="sprite + (column.order === 'ascending' ? '#arrow-up' : '#arrow-down')"></use></svg></i></button>
        <span v-else :class="{'mc-visually-hidden': column.unseen}">{{ column.label }}</span></th>
    </tr></thead>
    <tbody><tr v-for="row in list" :key="row.id" v-memo="[row, columns, picked.has(row.id)]" :class="{selected: picked.has(row.id)}" @click="press($event, row)">
      <td v-if="choosing" class="q-table--col-auto-width"><input type="checkbox" class="mc-tick" :aria-label="words.one + ' ' + row.title"
        :checked="picked.has(row.id)" @change="toggle(row.id)"></td>
      <td v-for="column in columns" :key="column.name" :class="['q-td mc-td-' + column.kind, 'text-' + column.align, column.narrow]" :style="column.style"
          :title="column.kind in titled ? row[column.name + titled[column.kind]] : null">
        <span v-if="column.kind === 'person'" class="mc-cell"><span :class="'mc-avatar mc-hue-' + of(row, column, 'hue')" aria-hidden="true">
            <img v-if="of(row, column, 'photo')" :src="of(row, column, 'photo')" alt="" loading="lazy"><span v-else>{{ of(row, column, 'initials') }}</span></span>
          <a class="mc-plain-link mc-cell-name mc-truncate mc-row-link" :href="row.href" :title="row[column.name]">{{ row[column.name] }}</a>
          <i v-if="of(row, column, 'mark')" :class="'q-icon mc-icon mc-cell-mark mc-mark-' + of(row, column, 'mark')" aria-hidden="true"><svg viewBox="0 0 24 24"><use
            :href="sprite + '#' + of(row, column, 'mark')"></use></svg></i>
          <span class="mc-cell-more mc-truncate">{{ of(row, column, 'more') }}</span></span>
        <template v-else-if="column.kind === 'stage'"><span v-if="row[column.name]" :class="'mc-chip mc-hue-' + of(row, column, 'hue')"><span class="mc-dot"></span
          ><span>{{ row[column.name] }}</span></span></template>
        <span v-else-if="column.kind === 'tags'" class="mc-cell mc-gap-4">
          <span v-for="tag in [of(row, column, '1'), of(row, column, '2')].filter(Boolean)" class="mc-tag mc-truncate"><span class="mc-tag-text">{{ tag }}</span></span>
          <span v-if="of(row, column, 'more')" class="mc-cap">{{ of(row, column, 'more') }}</span></span>
        <template v-else-if="column.kind === 'moment'"><time v-if="of(row, column, 'at')" :datetime="of(row, column, 'at')" :title="of(row, column, 'exact')"
          :class="['mc-num', of(row, column, 'tone')]">{{ row[column.name] }}</time><span v-else class="mc-ink-3">{{ row[column.name] }}</span></template>
        <span v-else-if="column.kind === 'icon'" class="mc-cell"><i v-if="row[column.name]" class="q-icon mc-icon mc-ink-3" aria-hidden="true"><svg viewBox="0 0 24 24"><use
          :href="sprite + '#' + of(row, column, 'icon')"></use></svg></i><span :class="['mc-truncate', of(row, column, 'tone')]">{{ row[column.name] }}</span></span>
        <span v-else-if="column.kind === 'trend' && row[column.name]" class="mc-cell"><svg width="56" height="18" viewBox="0 0 56 18" class="mc-chart" aria-hidden="true"><polyline
          :points="of(row, column, 'points')" fill="none" :stroke="of(row, column, 'colour')" stroke-width="1.5" stroke-linecap="round" stroke-linejoin="round"/></svg
          ><span class="mc-ink-2">{{ row[column.name] }}</span></span>
        <span v-else-if="column.kind === 'face'" :class="'mc-avatar mc-s20 mc-hue-' + of(row, column, 'hue')" role="img" :aria-label="row[column.name]"
          :title="row[column.name]">{{ of(row, column, 'initials') }}</span>
        <span v-else :class="of(row, column, 'tone')">{{ row[column.name] }}</span></td>
    </tr></tbody>
  </table></div>
</div>`,
  data() {
    return { picked: new Set(this.chosen), changed: new Map() };
  },
  created() {
    this.titled = { text: "", icon: "", tags: "_all" };
  },
  computed: {
    // Rows come and go whole, so nothing needs to be told when a part of one changes.
    list() {
      const rows = Vue.toRaw(this.rows);
      return this.changed.size ? rows.map((row) => Vue.toRaw(this.changed).get(row.id) || row) : rows;
    },
    // The first column of each kind, since a card has a fixed place for each.
    card() {
      return Object.fromEntries([...this.columns].reverse().map((column) => [column.kind, column]));
    },
  },
  watch: {
    // The server changed the selection itself: what it says counts. Otherwise only rows that left take their check along.
    round() {
      this.picked = new Set(this.chosen);
    },
    rows() {
      this.changed = new Map();
      const here = new Set(this.list.map((row) => row.id));
      if ([...this.picked].some((id) => !here.has(id))) this.picked = new Set([...this.picked].filter((id) => here.has(id)));
    },
  },
  mounted() {
    document.addEventListener("keydown", this.walk);
  },
  unmounted() {
    document.removeEventListener("keydown", this.walk);
  },
  methods: {
    // Rows that changed in their place.
    change(rows) {
      this.changed = new Map([...Vue.toRaw(this.changed), ...rows.map((row) => [row.id, row])]);
    },
    of(row, column, part) {
      return row[column.name + "_" + part];
    },
    // A press on a link, a button or a check does its own thing; a press anywhere else opens the row.
    press(event, row) {
      if (!event.target.closest("a, button, input")) this.$emit("open", row.id);
    },
    toggle(id) {
      this.picked.delete(id) || this.picked.add(id);
      this.tell();
    },
    every() {
      this.picked = new Set(this.picked.size === this.list.length ? [] : this.list.map((row) => row.id));
      this.tell();
    },
    tell() {
      this.$emit("choose", this.list.map((row) => row.id).filter((id) => this.picked.has(id)));
    },
    // J, K and the arrows walk the rows, with Shift they select on the way; X marks the focused one; Enter follows its link by itself.
    walk(event) {
      if (event.ctrlKey || event.metaKey || event.altKey || !this.$refs.root?.offsetParent || document.querySelector(".q-dialog[aria-modal=true], .q-menu")) return;
      const at = document.activeElement;
      if (at && (at.matches("input:not([type=checkbox]),textarea,select") || at.isContentEditable)) return;
      const step = { j: 1, ArrowDown: 1, k: -1, ArrowUp: -1 }[event.shiftKey && event.key.length === 1 ? event.key.toLowerCase() : event.key];
      const links = [...this.$refs.root.querySelectorAll(".mc-row-link")];
      let here = links.indexOf(at);
      const mark = () => this.choosing && here >= 0 && !this.picked.has(this.list[here].id) && this.toggle(this.list[here].id);
      if (step && links.length) {
        event.preventDefault();
        if (event.shiftKey) mark();
        here = Math.min(links.length - 1, Math.max(0, here + step));
        links[here].focus();
        if (event.shiftKey) mark();
      } else if (event.key === "x" && this.choosing && here >= 0 && !event.repeat) {
        event.preventDefault();
        this.toggle(this.list[here].id);
      }
    },
  },
};
