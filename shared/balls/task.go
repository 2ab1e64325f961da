package balls

import (
	"fmt"

	"github.com/bigbrotr/bigbrotr-go/shared/app"
	"github.com/bigbrotr/bigbrotr-go/shared/bus"
	"github.com/bigbrotr/bigbrotr-go/shared/relay"
)

// ReadTask reads the body of a task. Its URL must be canonical, or its ball would have another name than its relay. The
// error is a *relay.URLError when the parser refuses the URL; the task is returned then, too.
func ReadTask(body []byte, parser relay.Parser) (bus.Task, relay.URL, error) {
	task, err := bus.ParseTask(body)
	if err != nil {
		return task, "", err
	}
	url, err := parser.Parse(task.URL)
	switch {
	case err != nil:
		return task, "", err
	case string(url) != task.URL:
		return task, "", fmt.Errorf("task names %s, want %s", app.Quote(task.URL), url)
	case string(url.Network()) != task.Network:
		return task, "", fmt.Errorf("task puts %s into network %s", url, app.Quote(task.Network))
	}
	return task, url, nil
}
