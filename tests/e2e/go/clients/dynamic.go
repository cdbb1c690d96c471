package main

import (
	"context"
	"fmt"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/apimachinery/pkg/watch"
	"k8s.io/client-go/dynamic"
	"k8s.io/client-go/dynamic/dynamicinformer"
	"sigs.k8s.io/yaml"
)

var dynamicChecks = []check{
	{"dynamic: a custom resource from its definition to its end", customResourceLife},
	{"dynamic: an informer of a custom resource", customResourceInformer},
	{"dynamic: built-in kinds without types", dynamicBuiltIn},
}

var definitions = schema.GroupVersionResource{Group: "apiextensions.k8s.io", Version: "v1", Resource: "customresourcedefinitions"}

// Define makes a definition of its own for a check and waits until it is served.
func define(ctx context.Context, e *env) (schema.GroupVersionResource, func(), error) {
	group := e.namespace + ".example.com"
	text := fmt.Sprintf(`
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata:
  name: widgets.%[1]s
spec:
  group: %[1]s
  scope: Namespaced
  names: {kind: Widget, plural: widgets, shortNames: [wd], categories: [all]}
  versions:
  - name: v1
    served: true
    storage: true
    subresources:
      status: {}
      scale: {specReplicasPath: .spec.replicas, statusReplicasPath: .status.replicas, labelSelectorPath: .status.selector}
    additionalPrinterColumns:
    - {name: Size, type: integer, jsonPath: .spec.replicas}
    selectableFields: [{jsonPath: .spec.colour}]
    schema:
      openAPIV3Schema:
        type: object
        required: [spec]
        properties:
          spec:
            type: object
            required: [colour]
            x-kubernetes-validations:
            - {rule: "self.replicas <= 10 || self.colour == 'gold'", message: "only gold ones may be many"}
            properties:
              colour: {type: string, enum: [red, green, gold]}
              replicas: {type: integer, default: 1, minimum: 0}
              parts:
                type: array
                x-kubernetes-list-type: map
                x-kubernetes-list-map-keys: [name]
                items: {type: object, required: [name], properties: {name: {type: string}, size: {x-kubernetes-int-or-string: true}}}
              fixed: {type: string, x-kubernetes-validations: [{rule: "self == oldSelf", message: "may not change"}]}
          status:
            type: object
            properties: {replicas: {type: integer}, selector: {type: string}, phase: {type: string}}
  - name: v1alpha1
    served: true
    storage: false
    deprecated: true
    schema: {openAPIV3Schema: {type: object, x-kubernetes-preserve-unknown-fields: true}}
`, group)
	object := &unstructured.Unstructured{}
	resource := schema.GroupVersionResource{Group: group, Version: "v1", Resource: "widgets"}
	remove := func() {
		_ = e.dynamic.Resource(definitions).Delete(context.Background(), "widgets."+group, metav1.DeleteOptions{})
	}
	if err := yaml.Unmarshal([]byte(text), &object.Object); err != nil {
		return resource, remove, err
	}
	if _, err := e.dynamic.Resource(definitions).Create(ctx, object, metav1.CreateOptions{}); err != nil {
		return resource, remove, err
	}
	err := eventually(ctx, 10*time.Second, func() error {
		made, err := e.dynamic.Resource(definitions).Get(ctx, "widgets."+group, metav1.GetOptions{})
		if err != nil {
			return err
		}
		conditions, _, _ := unstructured.NestedSlice(made.Object, "status", "conditions")
		for _, condition := range conditions {
			c := condition.(map[string]any)
			if c["type"] == "Established" && c["status"] == "True" {
				_, err := e.dynamic.Resource(resource).Namespace(e.namespace).List(ctx, metav1.ListOptions{})
				return err
			}
		}
		return fmt.Errorf("not established: %v", conditions)
	})
	return resource, remove, err
}

func widget(group, name string, spec map[string]any) *unstructured.Unstructured {
	return &unstructured.Unstructured{Object: map[string]any{
		"apiVersion": group + "/v1", "kind": "Widget", "metadata": map[string]any{"name": name}, "spec": spec,
	}}
}

func customResourceLife(ctx context.Context, e *env) error {
	resource, remove, err := define(ctx, e)
	defer remove()
	if err != nil {
		return err
	}
	definition, err := e.dynamic.Resource(definitions).Get(ctx, resource.GroupResource().String(), metav1.GetOptions{})
	if err != nil {
		return err
	}
	unstructured.RemoveNestedField(definition.Object, "metadata", "managedFields")
	e.see("definition", definition.Object)
	widgets := e.dynamic.Resource(resource).Namespace(e.namespace)
	made, err := widgets.Create(ctx, widget(resource.Group, "a", map[string]any{"colour": "red", "fixed": "x", "unknown": true,
		"parts": []any{map[string]any{"name": "p", "size": int64(3)}}}), metav1.CreateOptions{})
	if err != nil {
		return err
	}
	e.see("created", made.Object)
	for what, spec := range map[string]map[string]any{
		"colour": {"colour": "blue"}, "missing": {}, "many": {"colour": "red", "replicas": int64(11)}, "negative": {"colour": "red", "replicas": int64(-1)},
		"duplicate": {"colour": "red", "parts": []any{map[string]any{"name": "p"}, map[string]any{"name": "p"}}}, "type": {"colour": int64(5)},
	} {
		_, err = widgets.Create(ctx, widget(resource.Group, "b", spec), metav1.CreateOptions{})
		if err := expectError(what, err, metav1.StatusReasonInvalid, ""); err != nil {
			return err
		}
	}
	for _, spec := range []map[string]any{{"colour": "blue"}, {}, {"colour": "red", "replicas": int64(11)}, {"colour": "red", "parts": []any{map[string]any{"name": "p"}, map[string]any{"name": "p"}}}, {"colour": int64(5)}} {
		_, err = widgets.Create(ctx, widget(resource.Group, "b", spec), metav1.CreateOptions{})
		e.see("invalid", err)
	}
	_, err = widgets.Create(ctx, widget(resource.Group, "b", map[string]any{"colour": "red", "unknown": int64(1)}), metav1.CreateOptions{FieldValidation: "Strict"})
	e.see("strict", err)
	if err := expectError("strict", err, metav1.StatusReasonBadRequest, `unknown field "spec.unknown"`); err != nil {
		return err
	}
	_, err = widgets.Patch(ctx, "a", types.MergePatchType, []byte(`{"spec":{"fixed":"y"}}`), metav1.PatchOptions{})
	e.see("transition", err)
	if err := expectError("transition", err, metav1.StatusReasonInvalid, "may not change"); err != nil {
		return err
	}
	if made, err = widgets.Patch(ctx, "a", types.JSONPatchType, []byte(`[{"op":"add","path":"/status","value":{"replicas":2,"selector":"a=b"}},{"op":"replace","path":"/spec/replicas","value":9}]`), metav1.PatchOptions{}, "status"); err != nil {
		return err
	}
	e.see("status", made.Object)
	scale, err := widgets.Patch(ctx, "a", types.MergePatchType, []byte(`{"spec":{"replicas":3}}`), metav1.PatchOptions{}, "scale")
	if err != nil {
		return err
	}
	e.see("scale", scale.Object)
	part := widget(resource.Group, "a", map[string]any{"parts": []any{map[string]any{"name": "q", "size": "10%"}}})
	if made, err = widgets.Apply(ctx, "a", part, metav1.ApplyOptions{FieldManager: "applier"}); err != nil {
		return err
	}
	e.see("applied", made.Object)
	_, err = widgets.Apply(ctx, "a", widget(resource.Group, "a", map[string]any{"colour": "green"}), metav1.ApplyOptions{FieldManager: "applier"})
	e.see("conflict", err)
	if err := expectError("conflict", err, metav1.StatusReasonConflict, ".spec.colour"); err != nil {
		return err
	}
	list, err := widgets.List(ctx, metav1.ListOptions{FieldSelector: "spec.colour=red"})
	if err != nil {
		return err
	}
	if err := expect("red ones", len(list.Items), 1); err != nil {
		return err
	}
	old := resource
	old.Version = "v1alpha1"
	other, err := e.dynamic.Resource(old).Namespace(e.namespace).Get(ctx, "a", metav1.GetOptions{})
	if err != nil {
		return err
	}
	if err := expect("version", other.GetAPIVersion(), resource.Group+"/v1alpha1"); err != nil {
		return err
	}
	remove()
	return eventually(ctx, 15*time.Second, func() error {
		_, err := widgets.List(ctx, metav1.ListOptions{})
		if apierrors.IsNotFound(err) {
			return nil
		}
		return fmt.Errorf("still served: %v", err)
	})
}

func customResourceInformer(ctx context.Context, e *env) error {
	resource, remove, err := define(ctx, e)
	defer remove()
	if err != nil {
		return err
	}
	widgets := e.dynamic.Resource(resource).Namespace(e.namespace)
	if _, err := widgets.Create(ctx, widget(resource.Group, "a", map[string]any{"colour": "red"}), metav1.CreateOptions{}); err != nil {
		return err
	}
	factory := dynamicinformer.NewFilteredDynamicSharedInformerFactory(e.dynamic, 0, e.namespace, nil)
	informer := factory.ForResource(resource).Informer()
	record := &recorder{}
	if _, err := informer.AddEventHandler(record.handlers()); err != nil {
		return err
	}
	ctx, cancel := context.WithCancel(ctx)
	defer func() { cancel(); factory.Shutdown() }()
	factory.Start(ctx.Done())
	factory.WaitForCacheSync(ctx.Done())
	if _, err := widgets.Patch(ctx, "a", types.MergePatchType, []byte(`{"spec":{"replicas":4}}`), metav1.PatchOptions{}); err != nil {
		return err
	}
	if err := widgets.Delete(ctx, "a", metav1.DeleteOptions{}); err != nil {
		return err
	}
	return eventually(ctx, 5*time.Second, func() error { return record.is([]string{"add a"}, "update a", "delete a") })
}

func dynamicBuiltIn(ctx context.Context, e *env) error {
	var client dynamic.ResourceInterface = e.dynamic.Resource(schema.GroupVersionResource{Version: "v1", Resource: "services"}).Namespace(e.namespace)
	w, err := client.Watch(ctx, metav1.ListOptions{})
	if err != nil {
		return err
	}
	defer w.Stop()
	made, err := client.Create(ctx, &unstructured.Unstructured{Object: map[string]any{
		"apiVersion": "v1", "kind": "Service", "metadata": map[string]any{"name": "a"},
		"spec": map[string]any{"ports": []any{map[string]any{"port": int64(80)}}},
	}}, metav1.CreateOptions{})
	if err != nil {
		return err
	}
	e.see("created", made.Object)
	_, err = client.Create(ctx, &unstructured.Unstructured{Object: map[string]any{
		"apiVersion": "v1", "kind": "Service", "metadata": map[string]any{"name": "b"}, "spec": map[string]any{"ports": []any{map[string]any{"port": "eighty"}}},
	}}, metav1.CreateOptions{})
	e.see("wrong type", err)
	return first(expectError("wrong type", err, metav1.StatusReasonBadRequest, ""), nextIs(w, watch.Added, "a"))
}
