package main

import (
	"context"
	"fmt"
	"time"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/apimachinery/pkg/watch"
	watchtools "k8s.io/client-go/tools/watch"
)

var watchChecks = []check{
	{"watch: selectors change what an event is", watchSelectors},
	{"watch: initial events end with a bookmark", watchInitial},
	{"watch: from a version, with bookmarks, until a time", watchVersion},
	{"watch: an old version has expired", watchExpired},
	{"watch: until a condition holds", watchUntil},
}

func next(w watch.Interface) (watch.Event, error) {
	select {
	case event, ok := <-w.ResultChan():
		if !ok {
			return event, fmt.Errorf("the watch has ended")
		}
		return event, nil
	case <-time.After(10 * time.Second):
		return watch.Event{}, fmt.Errorf("no event within 10 s")
	}
}

func nextIs(w watch.Interface, kind watch.EventType, name string) error {
	event, err := next(w)
	if err != nil {
		return fmt.Errorf("waiting for %s %s: %w", kind, name, err)
	}
	if event.Type == watch.Error {
		return fmt.Errorf("waiting for %s %s: %w", kind, name, apierrors.FromObject(event.Object))
	}
	object := event.Object.(metav1.Object)
	if event.Type != kind || object.GetName() != name {
		return fmt.Errorf("%s %s, want %s %s", event.Type, object.GetName(), kind, name)
	}
	return nil
}

func watchSelectors(ctx context.Context, e *env) error {
	maps := e.typed.CoreV1().ConfigMaps(e.namespace)
	w, err := maps.Watch(ctx, metav1.ListOptions{LabelSelector: "show=yes"})
	if err != nil {
		return err
	}
	defer w.Stop()
	label := func(name, value string) error {
		_, err := maps.Patch(ctx, name, types.MergePatchType, fmt.Appendf(nil, `{"metadata":{"labels":{"show":%q}}}`, value), metav1.PatchOptions{})
		return err
	}
	for _, name := range []string{"a", "b"} {
		if _, err := maps.Create(ctx, &corev1.ConfigMap{ObjectMeta: metav1.ObjectMeta{Name: name}}, metav1.CreateOptions{}); err != nil {
			return err
		}
	}
	if err := first(label("a", "yes"), label("b", "yes"), label("a", "no"), label("a", "yes")); err != nil {
		return err
	}
	if _, err := maps.Patch(ctx, "a", types.MergePatchType, []byte(`{"data":{"x":"y"}}`), metav1.PatchOptions{}); err != nil {
		return err
	}
	if err := maps.Delete(ctx, "b", metav1.DeleteOptions{}); err != nil {
		return err
	}
	return first(
		nextIs(w, watch.Added, "a"), nextIs(w, watch.Added, "b"), nextIs(w, watch.Deleted, "a"),
		nextIs(w, watch.Added, "a"), nextIs(w, watch.Modified, "a"), nextIs(w, watch.Deleted, "b"),
	)
}

func watchInitial(ctx context.Context, e *env) error {
	if err := fill(ctx, e, 3); err != nil {
		return err
	}
	yes := true
	w, err := e.typed.CoreV1().ConfigMaps(e.namespace).Watch(ctx, metav1.ListOptions{
		LabelSelector: "set", SendInitialEvents: &yes, AllowWatchBookmarks: true, ResourceVersionMatch: metav1.ResourceVersionMatchNotOlderThan,
	})
	if err != nil {
		return err
	}
	defer w.Stop()
	if err := first(nextIs(w, watch.Added, "m-000"), nextIs(w, watch.Added, "m-001"), nextIs(w, watch.Added, "m-002")); err != nil {
		return err
	}
	event, err := next(w)
	if err != nil {
		return err
	}
	if event.Type != watch.Bookmark {
		return fmt.Errorf("%s, want a bookmark", event.Type)
	}
	e.see("bookmark", event.Object)
	return expect("annotation", event.Object.(metav1.Object).GetAnnotations()[metav1.InitialEventsAnnotationKey], "true")
}

func watchVersion(ctx context.Context, e *env) error {
	if err := fill(ctx, e, 1); err != nil {
		return err
	}
	maps := e.typed.CoreV1().ConfigMaps(e.namespace)
	list, err := maps.List(ctx, metav1.ListOptions{LabelSelector: "set"})
	if err != nil {
		return err
	}
	for range 3 {
		if err := maps.Delete(ctx, "m-000", metav1.DeleteOptions{}); err != nil {
			return err
		}
		if err := fill(ctx, e, 1); err != nil {
			return err
		}
	}
	two := int64(2)
	w, err := maps.Watch(ctx, metav1.ListOptions{LabelSelector: "set", ResourceVersion: list.ResourceVersion, AllowWatchBookmarks: true, TimeoutSeconds: &two})
	if err != nil {
		return err
	}
	defer w.Stop()
	for range 3 {
		if err := first(nextIs(w, watch.Deleted, "m-000"), nextIs(w, watch.Added, "m-000")); err != nil {
			return err
		}
	}
	begin := time.Now()
	for event := range w.ResultChan() {
		if event.Type != watch.Bookmark {
			return fmt.Errorf("%s, want only bookmarks", event.Type)
		}
	}
	if took := time.Since(begin); took > 5*time.Second {
		return fmt.Errorf("a watch for 2 s took %s more", took)
	}
	return nil
}

func watchExpired(ctx context.Context, e *env) error {
	_, err := e.typed.CoreV1().ConfigMaps(e.namespace).List(ctx, metav1.ListOptions{ResourceVersion: "1", ResourceVersionMatch: metav1.ResourceVersionMatchExact})
	// Whether a server still knows its first version is its own affair.
	if err != nil && !apierrors.IsResourceExpired(err) {
		return err
	}
	w, err := e.typed.CoreV1().ConfigMaps(e.namespace).Watch(ctx, metav1.ListOptions{ResourceVersion: "nonsense"})
	if err == nil {
		w.Stop()
	}
	e.see("bad version", err)
	return expectError("bad version", err, metav1.StatusReasonUnknown, `resourceVersion: Invalid value: "nonsense"`)
}

func watchUntil(ctx context.Context, e *env) error {
	pods := e.typed.CoreV1().Pods(e.namespace)
	made, err := pods.Create(ctx, pod("a"), metav1.CreateOptions{})
	if err != nil {
		return err
	}
	go func() {
		time.Sleep(100 * time.Millisecond)
		_, _ = pods.Patch(ctx, "a", types.MergePatchType, []byte(`{"status":{"phase":"Running"}}`), metav1.PatchOptions{}, "status")
	}()
	event, err := watchtools.Until(ctx, made.ResourceVersion, watcher{pods.Watch}, func(event watch.Event) (bool, error) {
		return event.Object.(*corev1.Pod).Status.Phase == corev1.PodRunning, nil
	})
	if err != nil {
		return err
	}
	return expect("event", event.Type, watch.Modified)
}

type watcher struct {
	watch func(context.Context, metav1.ListOptions) (watch.Interface, error)
}

func (w watcher) Watch(options metav1.ListOptions) (watch.Interface, error) {
	return w.watch(context.Background(), options)
}

func (w watcher) WatchWithContext(ctx context.Context, options metav1.ListOptions) (watch.Interface, error) {
	return w.watch(ctx, options)
}
