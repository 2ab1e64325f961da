package benchmark

import (
	"fmt"
	"html"
	"strings"
)

const (
	plotWide, plotHigh = 900, 380
	plotEdge           = 60 // around the drawing
	goalMemory         = 500 << 20
)

// draw returns an SVG of resident memory and heap over time, with the goal.
func (m *MemoryReport) draw() []byte {
	var svg strings.Builder
	last, top := m.Samples[len(m.Samples)-1].At, int64(goalMemory)
	for _, s := range m.Samples {
		top = max(top, s.Resident)
	}
	top = top * 11 / 10
	x := func(at float64) float64 { return plotEdge + at/max(last, 1)*(plotWide-2*plotEdge) }
	y := func(bytes int64) float64 {
		return plotHigh - plotEdge - float64(bytes)/float64(top)*(plotHigh-2*plotEdge)
	}
	fmt.Fprintf(&svg, `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %d %d" font-family="sans-serif" font-size="12">`+"\n", plotWide, plotHigh)
	fmt.Fprintf(&svg, `<rect width="%d" height="%d" fill="#fff"/>`+"\n", plotWide, plotHigh)
	fmt.Fprintf(&svg, `<text x="%d" y="24" font-size="15">Memory of one synchronizer that follows %d relays, %s, %.0f minutes</text>`+"\n",
		plotEdge, m.Connections, m.Date, m.Minutes)
	fmt.Fprintf(&svg, `<text x="%d" y="42" fill="#555">%d MB on average and %+.2f MB a minute after the first quarter; %d turns, %d live events; %d × %s</text>`+"\n",
		plotEdge, m.Mean>>20, m.Slope/(1<<20), m.Turns, m.LiveEvents, m.Machine.Cores, html.EscapeString(m.Machine.CPU))
	for mb := int64(0); mb<<20 <= top; mb += 100 {
		fmt.Fprintf(&svg, `<path d="M%d %.1fH%d" stroke="#ddd"/><text x="%d" y="%.1f" text-anchor="end">%d MB</text>`+"\n",
			plotEdge, y(mb<<20), plotWide-plotEdge, plotEdge-6, y(mb<<20)+4, mb)
	}
	for i := range 7 {
		at := last * float64(i) / 6
		fmt.Fprintf(&svg, `<text x="%.1f" y="%d" text-anchor="middle">%.1f min</text>`+"\n", x(at), plotHigh-plotEdge+18, at/60)
	}
	fmt.Fprintf(&svg, `<path d="M%d %.1fH%d" stroke="#c33" stroke-dasharray="6 4"/><text x="%d" y="%.1f" fill="#c33" text-anchor="end">goal: under 500 MB</text>`+"\n",
		plotEdge, y(goalMemory), plotWide-plotEdge, plotWide-plotEdge, y(goalMemory)-5)
	line := func(colour, label string, of func(Sample) int64, at int) {
		svg.WriteString(`<polyline fill="none" stroke-width="1.5" stroke="` + colour + `" points="`)
		for _, s := range m.Samples {
			fmt.Fprintf(&svg, "%.1f,%.1f ", x(s.At), y(of(s)))
		}
		fmt.Fprintf(&svg, `"/><text x="%d" y="%d" fill="%s">%s</text>`+"\n", at, plotHigh-14, colour, label)
	}
	line("#1f5fbf", "resident memory", func(s Sample) int64 { return s.Resident }, plotEdge)
	line("#3a9a4a", "heap in use", func(s Sample) int64 { return s.Heap }, plotEdge+140)
	svg.WriteString("</svg>\n")
	return []byte(svg.String())
}
