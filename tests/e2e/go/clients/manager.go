package main

import (
	"context"
	"fmt"
	"time"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	clientgoscheme "k8s.io/client-go/kubernetes/scheme"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/cache"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/config"
	"sigs.k8s.io/controller-runtime/pkg/controller"
	"sigs.k8s.io/controller-runtime/pkg/controller/controllerutil"
	metricsserver "sigs.k8s.io/controller-runtime/pkg/metrics/server"
	"sigs.k8s.io/controller-runtime/pkg/reconcile"
)

var managerChecks = []check{
	{"manager: a reconciler makes, owns and repairs objects", managerLife},
}

const finalizer = "clients.example.com/finalizer"

// Reconciler makes a Secret for each labelled ConfigMap, keeps it as it should be and says so in an annotation.
type reconciler struct {
	client.Client
	recorder interface {
		Eventf(regarding runtime.Object, related runtime.Object, eventtype, reason, action, note string, args ...any)
	}
}

func (r *reconciler) Reconcile(ctx context.Context, request reconcile.Request) (reconcile.Result, error) {
	owner := &corev1.ConfigMap{}
	if err := r.Get(ctx, request.NamespacedName, owner); err != nil {
		return reconcile.Result{}, client.IgnoreNotFound(err)
	}
	if owner.Labels["mirror"] != "yes" {
		return reconcile.Result{}, nil
	}
	if !owner.DeletionTimestamp.IsZero() {
		controllerutil.RemoveFinalizer(owner, finalizer)
		return reconcile.Result{}, r.Update(ctx, owner)
	}
	if controllerutil.AddFinalizer(owner, finalizer) {
		if err := r.Update(ctx, owner); err != nil {
			return reconcile.Result{}, err
		}
	}
	secret := &corev1.Secret{ObjectMeta: metav1.ObjectMeta{Namespace: owner.Namespace, Name: owner.Name}}
	result, err := controllerutil.CreateOrUpdate(ctx, r.Client, secret, func() error {
		secret.Data = map[string][]byte{}
		for key, value := range owner.Data {
			secret.Data[key] = []byte(value)
		}
		return controllerutil.SetControllerReference(owner, secret, r.Scheme())
	})
	if err != nil {
		return reconcile.Result{}, err
	}
	if result != controllerutil.OperationResultNone {
		r.recorder.Eventf(owner, nil, corev1.EventTypeNormal, "Mirrored", "Mirror", "secret %s", result)
	}
	before := owner.DeepCopy()
	if owner.Annotations == nil {
		owner.Annotations = map[string]string{}
	}
	owner.Annotations["mirrored"] = secret.ResourceVersion
	return reconcile.Result{}, r.Patch(ctx, owner, client.MergeFrom(before))
}

func managerLife(ctx context.Context, e *env) error {
	scheme := runtime.NewScheme()
	if err := clientgoscheme.AddToScheme(scheme); err != nil {
		return err
	}
	skip := true
	manager, err := ctrl.NewManager(e.config, ctrl.Options{
		Scheme: scheme, Metrics: metricsserver.Options{BindAddress: "0"}, HealthProbeBindAddress: "0",
		LeaderElection: true, LeaderElectionID: "clients", LeaderElectionNamespace: e.namespace, LeaderElectionReleaseOnCancel: true,
		Cache:      cache.Options{DefaultNamespaces: map[string]cache.Config{e.namespace: {}}},
		Controller: config.Controller{SkipNameValidation: &skip},
	})
	if err != nil {
		return err
	}
	if err := manager.GetFieldIndexer().IndexField(ctx, &corev1.Secret{}, "type", func(o client.Object) []string {
		return []string{string(o.(*corev1.Secret).Type)}
	}); err != nil {
		return err
	}
	r := &reconciler{Client: manager.GetClient(), recorder: manager.GetEventRecorder("clients")}
	if err := ctrl.NewControllerManagedBy(manager).For(&corev1.ConfigMap{}).Owns(&corev1.Secret{}).
		WithOptions(controller.Options{MaxConcurrentReconciles: 4}).Complete(r); err != nil {
		return err
	}
	running, stop := context.WithCancel(ctx)
	done := make(chan error, 1)
	go func() { done <- manager.Start(running) }()
	err = managed(ctx, e, manager.GetClient())
	stop()
	select {
	case stopped := <-done:
		return first(err, stopped)
	case <-time.After(10 * time.Second):
		return first(err, fmt.Errorf("the manager does not stop"))
	}
}

func managed(ctx context.Context, e *env, cached client.Client) error {
	maps, secrets := e.typed.CoreV1().ConfigMaps(e.namespace), e.typed.CoreV1().Secrets(e.namespace)
	for i := range 10 {
		if _, err := maps.Create(ctx, &corev1.ConfigMap{
			ObjectMeta: metav1.ObjectMeta{Name: fmt.Sprintf("m-%d", i), Labels: map[string]string{"mirror": "yes"}}, Data: map[string]string{"x": "1"},
		}, metav1.CreateOptions{}); err != nil {
			return err
		}
	}
	mirrored := func(name, want string) func() error {
		return func() error {
			secret, err := secrets.Get(ctx, name, metav1.GetOptions{})
			if err != nil {
				return err
			}
			return expect("mirrored", string(secret.Data["x"]), want)
		}
	}
	for i := range 10 {
		if err := eventually(ctx, 20*time.Second, mirrored(fmt.Sprintf("m-%d", i), "1")); err != nil {
			return err
		}
	}
	secret, err := secrets.Get(ctx, "m-0", metav1.GetOptions{})
	if err != nil {
		return err
	}
	e.see("secret", secret)
	// What was spoilt or deleted comes back.
	secret.Data["x"] = []byte("spoilt")
	if _, err := secrets.Update(ctx, secret, metav1.UpdateOptions{}); err != nil {
		return err
	}
	if err := secrets.Delete(ctx, "m-1", metav1.DeleteOptions{}); err != nil {
		return err
	}
	if err := first(eventually(ctx, 10*time.Second, mirrored("m-0", "1")), eventually(ctx, 10*time.Second, mirrored("m-1", "1"))); err != nil {
		return err
	}
	var list corev1.SecretList
	if err := eventually(ctx, 5*time.Second, func() error {
		if err := cached.List(ctx, &list, client.MatchingFields{"type": "Opaque"}, client.InNamespace(e.namespace)); err != nil {
			return err
		}
		return expect("secrets by index", len(list.Items), 10)
	}); err != nil {
		return err
	}
	if err := maps.Delete(ctx, "m-2", metav1.DeleteOptions{}); err != nil {
		return err
	}
	if err := eventually(ctx, 10*time.Second, func() error {
		_, err := maps.Get(ctx, "m-2", metav1.GetOptions{})
		return expectError("deleted", err, metav1.StatusReasonNotFound, "")
	}); err != nil {
		return err
	}
	if err := eventually(ctx, 10*time.Second, func() error {
		events, err := e.typed.EventsV1().Events(e.namespace).List(ctx, metav1.ListOptions{})
		if err != nil {
			return err
		}
		reasons := []string{}
		for _, event := range events.Items {
			if reasons = append(reasons, event.Reason); event.Reason == "Mirrored" {
				return nil
			}
		}
		return fmt.Errorf("no event of the reconciler among %v", reasons)
	}); err != nil {
		return err
	}
	err = cached.Create(ctx, &appsv1.Deployment{ObjectMeta: metav1.ObjectMeta{Name: "bad", Namespace: e.namespace}})
	e.see("invalid", err)
	if !apierrors.IsInvalid(err) {
		return fmt.Errorf("invalid deployment: %v", err)
	}
	return nil
}
