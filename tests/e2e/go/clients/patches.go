package main

import (
	"context"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
)

var patchChecks = []check{
	{"patch: strategic, merge and JSON patches of a Deployment", patches},
	{"patch: what cannot be applied", badPatches},
}

func patches(ctx context.Context, e *env) error {
	deployments := e.typed.AppsV1().Deployments(e.namespace)
	_, err := deployments.Create(ctx, &appsv1.Deployment{
		ObjectMeta: metav1.ObjectMeta{Name: "a"},
		Spec:       appsv1.DeploymentSpec{Selector: &metav1.LabelSelector{MatchLabels: map[string]string{"app": "a"}}, Template: template("a")},
	}, metav1.CreateOptions{})
	if err != nil {
		return err
	}
	for _, step := range []struct {
		what string
		kind types.PatchType
		text string
	}{
		{"merge lists by key", types.StrategicMergePatchType, `{"spec":{"template":{"spec":{"containers":[{"name":"main","env":[{"name":"A","value":"1"}]},{"name":"side","image":"side:1"}]}}}}`},
		{"change one of a list", types.StrategicMergePatchType, `{"spec":{"template":{"spec":{"containers":[{"name":"side","image":"side:2"}]}}}}`},
		{"order a list", types.StrategicMergePatchType, `{"spec":{"template":{"spec":{"$setElementOrder/containers":[{"name":"side"},{"name":"main"}],"containers":[{"name":"main","tty":true}]}}}}`},
		{"delete one of a list", types.StrategicMergePatchType, `{"spec":{"template":{"spec":{"containers":[{"name":"side","$patch":"delete"}]}}}}`},
		{"replace a map", types.StrategicMergePatchType, `{"spec":{"template":{"spec":{"nodeSelector":{"$patch":"replace","b":"c"}}}}}`},
		{"retain keys", types.StrategicMergePatchType, `{"spec":{"strategy":{"$retainKeys":["type"],"type":"Recreate"}}}`},
		{"merge", types.MergePatchType, `{"metadata":{"annotations":{"a":"b"}},"spec":{"strategy":null,"paused":true}}`},
		{"delete by null", types.MergePatchType, `{"metadata":{"annotations":{"a":null}},"spec":{"paused":null}}`},
		{"JSON patch", types.JSONPatchType, `[{"op":"test","path":"/spec/replicas","value":1},{"op":"replace","path":"/spec/replicas","value":4},{"op":"add","path":"/spec/template/spec/containers/0/args","value":["x"]},{"op":"add","path":"/spec/template/spec/containers/0/args/-","value":"y"},{"op":"copy","from":"/spec/replicas","path":"/spec/revisionHistoryLimit"}]`},
	} {
		got, err := deployments.Patch(ctx, "a", step.kind, []byte(step.text), metav1.PatchOptions{FieldManager: "patcher"})
		if err != nil {
			e.see(step.what, err)
			return err
		}
		e.see(step.what, got)
	}
	got, err := deployments.Get(ctx, "a", metav1.GetOptions{})
	if err != nil {
		return err
	}
	return first(expect("replicas", *got.Spec.Replicas, int32(4)), expect("containers", len(got.Spec.Template.Spec.Containers), 1),
		expect("argument", got.Spec.Template.Spec.Containers[0].Args[1], "y"))
}

func badPatches(ctx context.Context, e *env) error {
	maps := e.typed.CoreV1().ConfigMaps(e.namespace)
	if _, err := maps.Create(ctx, &corev1.ConfigMap{ObjectMeta: metav1.ObjectMeta{Name: "a"}, Data: map[string]string{"x": "y"}}, metav1.CreateOptions{}); err != nil {
		return err
	}
	for _, step := range []struct {
		what   string
		kind   types.PatchType
		text   string
		reason metav1.StatusReason
	}{
		{"no JSON", types.MergePatchType, `{`, metav1.StatusReasonBadRequest},
		{"wrong type", types.MergePatchType, `{"data":{"x":5}}`, metav1.StatusReasonInvalid},
		{"failing test", types.JSONPatchType, `[{"op":"test","path":"/data/x","value":"z"}]`, metav1.StatusReasonInvalid},
		{"no such path", types.JSONPatchType, `[{"op":"remove","path":"/data/none"}]`, metav1.StatusReasonInvalid},
		{"other name", types.MergePatchType, `{"metadata":{"name":"b"}}`, metav1.StatusReasonBadRequest},
		{"old version", types.MergePatchType, `{"metadata":{"resourceVersion":"1"},"data":{"x":"z"}}`, metav1.StatusReasonConflict},
		{"unknown directive", types.StrategicMergePatchType, `{"data":{"$patch":"burn"}}`, metav1.StatusReasonUnknown},
	} {
		_, err := maps.Patch(ctx, "a", step.kind, []byte(step.text), metav1.PatchOptions{})
		e.see(step.what, err)
		if err := expectError(step.what, err, step.reason, ""); err != nil {
			return err
		}
	}
	_, err := maps.Patch(ctx, "none", types.MergePatchType, []byte(`{}`), metav1.PatchOptions{})
	return expectError("patch of nothing", err, metav1.StatusReasonNotFound, "")
}
