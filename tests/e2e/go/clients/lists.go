package main

import (
	"context"
	"fmt"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/client-go/metadata"
	"k8s.io/client-go/tools/pager"
)

var listChecks = []check{
	{"list: pages", pages},
	{"list: versions, selectors, all namespaces", listOptions},
	{"list: only metadata, and tables", partial},
}

func fill(ctx context.Context, e *env, count int) error {
	for i := range count {
		_, err := e.typed.CoreV1().ConfigMaps(e.namespace).Create(ctx, &corev1.ConfigMap{
			ObjectMeta: metav1.ObjectMeta{Name: fmt.Sprintf("m-%03d", i), Labels: map[string]string{"set": "m", "odd": fmt.Sprint(i%2 == 1)}},
		}, metav1.CreateOptions{})
		if err != nil {
			return err
		}
	}
	return nil
}

func pages(ctx context.Context, e *env) error {
	if err := fill(ctx, e, 25); err != nil {
		return err
	}
	maps := e.typed.CoreV1().ConfigMaps(e.namespace)
	page, err := maps.List(ctx, metav1.ListOptions{Limit: 10, LabelSelector: "set=m"})
	if err != nil {
		return err
	}
	if err := first(expect("first page", len(page.Items), 10), expect("has more", page.Continue != "", true)); err != nil {
		return err
	}
	// What happens between the pages is not seen in them.
	if err := maps.Delete(ctx, "m-024", metav1.DeleteOptions{}); err != nil {
		return err
	}
	second, err := maps.List(ctx, metav1.ListOptions{Limit: 10, LabelSelector: "set=m", Continue: page.Continue})
	if err != nil {
		return err
	}
	third, err := maps.List(ctx, metav1.ListOptions{Limit: 10, LabelSelector: "set=m", Continue: second.Continue})
	if err != nil {
		return err
	}
	if err := first(expect("second page", second.Items[0].Name, "m-010"), expect("third page", len(third.Items), 5), expect("end", third.Continue, ""),
		expect("version", third.ResourceVersion, page.ResourceVersion)); err != nil {
		return err
	}
	whole, err := maps.List(ctx, metav1.ListOptions{Limit: 10})
	if err != nil {
		return err
	}
	if whole.RemainingItemCount == nil {
		return fmt.Errorf("no count of what remains")
	}
	_, err = maps.List(ctx, metav1.ListOptions{Limit: 10, Continue: "nonsense"})
	e.see("bad token", err)
	if err := expectError("bad token", err, metav1.StatusReasonBadRequest, "continue key is not valid"); err != nil {
		return err
	}
	seen := 0
	p := pager.New(func(ctx context.Context, options metav1.ListOptions) (runtime.Object, error) {
		return maps.List(ctx, options)
	})
	p.PageSize = 7
	err = p.EachListItem(ctx, metav1.ListOptions{LabelSelector: "set=m"}, func(runtime.Object) error { seen++; return nil })
	return first(err, expect("seen by the pager", seen, 24))
}

func listOptions(ctx context.Context, e *env) error {
	if err := fill(ctx, e, 6); err != nil {
		return err
	}
	maps := e.typed.CoreV1().ConfigMaps(e.namespace)
	for _, c := range []struct {
		label, field string
		want         int
	}{
		{"odd=true", "", 3}, {"odd!=true,set", "", 3}, {"odd in (true,false),!none", "", 6}, {"set notin (m)", "", -1},
		{"set", "metadata.name=m-001", 1}, {"set", "metadata.name!=m-001", 5},
	} {
		list, err := maps.List(ctx, metav1.ListOptions{LabelSelector: c.label, FieldSelector: c.field})
		if err != nil {
			return err
		}
		for _, item := range list.Items {
			if c.want == -1 && item.Labels["set"] == "m" {
				return fmt.Errorf("%s selects %s", c.label, item.Name)
			}
		}
		if c.want >= 0 && len(list.Items) != c.want {
			return fmt.Errorf("%q %q: %d, want %d", c.label, c.field, len(list.Items), c.want)
		}
	}
	_, err := maps.List(ctx, metav1.ListOptions{FieldSelector: "data.x=y"})
	e.see("field", err)
	if err := expectError("field", err, metav1.StatusReasonBadRequest, `"data.x" is not a known field selector: only "metadata.name", "metadata.namespace"`); err != nil {
		return err
	}
	now, err := maps.List(ctx, metav1.ListOptions{LabelSelector: "set"})
	if err != nil {
		return err
	}
	if err := maps.Delete(ctx, "m-000", metav1.DeleteOptions{}); err != nil {
		return err
	}
	for _, c := range []struct {
		version string
		match   metav1.ResourceVersionMatch
		want    int
	}{
		{now.ResourceVersion, metav1.ResourceVersionMatchExact, 6}, {now.ResourceVersion, metav1.ResourceVersionMatchNotOlderThan, 5}, {"", "", 5},
	} {
		list, err := maps.List(ctx, metav1.ListOptions{LabelSelector: "set", ResourceVersion: c.version, ResourceVersionMatch: c.match})
		if err != nil {
			return err
		}
		if err := expect("length by "+string(c.match), len(list.Items), c.want); err != nil {
			return err
		}
	}
	_, err = maps.List(ctx, metav1.ListOptions{ResourceVersion: "999999999"})
	if err := expectError("future", err, metav1.StatusReasonTimeout, "Too large resource version"); err != nil {
		return err
	}
	all, err := e.typed.CoreV1().ConfigMaps("").List(ctx, metav1.ListOptions{LabelSelector: "set", FieldSelector: "metadata.namespace=" + e.namespace})
	if err != nil {
		return err
	}
	return expect("length in all namespaces", len(all.Items), 5)
}

func partial(ctx context.Context, e *env) error {
	if err := fill(ctx, e, 2); err != nil {
		return err
	}
	client, err := metadata.NewForConfig(e.config)
	if err != nil {
		return err
	}
	list, err := client.Resource(corev1.SchemeGroupVersion.WithResource("configmaps")).Namespace(e.namespace).List(ctx, metav1.ListOptions{LabelSelector: "set"})
	if err != nil {
		return err
	}
	e.see("metadata", list)
	table := e.typed.CoreV1().RESTClient().Get().Namespace(e.namespace).Resource("configmaps").Param("labelSelector", "set").
		SetHeader("Accept", "application/json;as=Table;v=v1;g=meta.k8s.io").Do(ctx)
	raw, err := table.Raw()
	if err != nil {
		return err
	}
	e.see("table", string(raw))
	return expect("length", len(list.Items), 2)
}
